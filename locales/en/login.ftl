# To log in and out, and the first account
login-first = Nobody can log in yet. Run <code>reflector admin setup-code</code> on this machine, then <a href="/setup">make the first account</a>.
login-with = Sign in with { $provider }
login-programs = Only programs log in here, with tokens of { $provider }. For people, the settings must name <code>auth.issuer</code> and <code>auth.client_id</code>.
login-title = Log in
login-out = You are logged out.
login-email = E-mail
login-password = Password
login-wrong = Incorrect email or password.
login-too-many = Too many attempts. Try again in { $minutes ->
    [one] a minute
   *[other] { $minutes } minutes
}.
login-setup = First account
login-setup-lead = Whoever has the set-up code looks after this installation. <code>reflector admin setup-code</code> prints it on the machine; it is good for one hour, and once.
login-setup-code = Set-up code
login-setup-password = Password, at least { $least } characters
login-setup-make = Make the account
login-setup-wrong = This code is wrong, used or older than an hour. `reflector admin setup-code` prints a new one.
login-setup-taken = Somebody has an account with this address; take another. The code is still good.
login-left = Logged out
login-left-text = You are logged out here. Now { $provider } is told, too.
login-left-on = Log out of { $provider }

# What an identity provider answers
login-begin-again = This login was not begun in this browser, is done already, or took longer than ten minutes. Please begin again.
login-shut-out = Your account is shut out here. Whoever looks after this installation can let you in again.
login-provider-denied = { $provider } did not let you in, or you said no there.
login-provider-first = { $provider } asks you to log in there first.
login-provider-request = { $provider } does not accept this application's request; `reflector doctor` says more.
login-provider-later = { $provider } is not able to answer right now; try again in a moment.
login-provider-refused = { $provider } refused the login.
login-provider-token = { $why }.
login-provider-away = { $provider } can't be reached right now. Try again in a moment; `reflector doctor` says why.
login-provider-odd = { $provider } does not answer as it should. `reflector doctor` says why.
login-provider-ended = { $provider } says that this login is used or over. Please begin again.
