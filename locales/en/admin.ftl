# For those who look after the installation
admin-title = Administration
admin-health = Health
admin-health-again = Check again
admin-health-looked = Looked at <time datetime="{ $iso }">{ $date }</time>, as <code>reflector doctor</code> does on the machine.
admin-health-mend = To mend it:
admin-numbers = Numbers
admin-health-well = Well
admin-health-look = Look at this
admin-health-wrong = Wrong
admin-health-all-well = Everything that this installation needs works.
admin-health-warnings = { $count ->
    [one] Everything works; 1 thing should be looked at.
   *[other] Everything works; { $count } things should be looked at.
}
admin-health-broken = { $count ->
    [one] 1 thing does not work.
   *[other] { $count } things do not work.
}
admin-number-jobs = Jobs that wait or run
admin-number-jobs-waiting = { $count } (the oldest for { $time })
admin-number-jobs-none = { $count } (nothing waits)
admin-number-failed = Stages that failed
admin-number-backup = Last backup
admin-number-never = never
admin-number-version = Version

# Failed jobs
admin-jobs = Failed jobs
admin-jobs-all = Run all again
admin-jobs-none = Nothing has failed
admin-jobs-none-text = A stage that fails for good is kept here, with its reason, until it runs again.
admin-jobs-failed = { $what } did not work.
admin-audit = Audit log
admin-jobs-again = Run again
admin-jobs-again-one = Run again: “{ $title }”
admin-jobs-nobody = nobody
admin-jobs-of = A transcript of { $owner }
admin-jobs-run = run { $number }
admin-jobs-done-one = It runs again.
admin-jobs-done-all = { $count ->
    [one] 1 transcript runs again.
   *[other] { $count } transcripts run again.
}

# Accounts
admin-users-made = The password of { $email }
admin-users-made-text = Tell it to them by another way than e-mail: it is not shown again. They change it under Settings.
admin-users = Accounts
admin-users-none = Nobody has an account yet.
admin-users-administrator = Administrator
admin-users-out = Shut out
admin-users-you = You
admin-users-since = since <time datetime="{ $iso }">{ $date }</time>
admin-users-elsewhere = logs in at the identity provider
admin-users-change = Change
admin-users-change-one = Change { $email }
admin-users-new-password = New password
admin-users-empty = empty: one is made
admin-users-set = Set the password
admin-users-plain = No longer an administrator
admin-users-admin = Make an administrator
admin-users-in = Let in again
admin-users-new = New account
admin-users-email = E-mail
admin-users-password = Password
admin-users-make = Make the account
admin-users-hint = At least { $least } characters. Administrators look after the installation; other people’s transcripts stay closed to them.
admin-users-provider = People log in at the identity provider, which makes their accounts.
admin-users-no-address = (no address)
admin-users-done-made = The account is there.
admin-users-done-password = The password is changed, and they are logged out everywhere.
admin-users-done-admin = They look after the installation now.
admin-users-done-plain = They no longer look after the installation.
admin-users-done-out = They are shut out: every browser, token and key of theirs.
admin-users-done-in = They can log in again.
admin-users-undo = Undo
admin-users-taken = somebody has an account with this address
admin-users-own = nobody can do that to their own account: ask another administrator

# Audit log
admin-audit-who = Who
admin-audit-who-hint = a part of the address
admin-audit-what = What
admin-audit-anything = Anything
admin-audit-from = From
admin-audit-to = To
admin-audit-transcript = Transcript
admin-audit-transcript-hint = its id, as in its address
admin-audit-search = Search
admin-audit-show-all = Show all
admin-audit-none = No entries
admin-audit-none-text = What people do with transcripts and rooms is noted here.
admin-audit-found = { $count ->
    [one] 1 entry
   *[other] { $count } entries
}
