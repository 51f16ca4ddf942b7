# One’s own account: browsers, keys, password
settings-title = Settings
settings-made = Your new key
settings-made-text = Copy it now: it is not shown again. Scripts send it as the header <code>X-API-Key</code>.
settings-account = Account
settings-your-account = Your account
settings-administrator = Administrator
settings-log-out = Log out
settings-sessions = Where you are logged in
settings-sessions-end = Log out all others
settings-this = This browser
settings-used = used <time datetime="{ $iso }">{ $date }</time>
settings-log-out-one = Log out { $browser }, { $address }
settings-keys = API keys
settings-keys-none = None. A script that sends a key acts as you.
settings-key-over = Run out
settings-key-until = until <time datetime="{ $iso }">{ $date }</time>
settings-key-unused = never used
settings-key-revoke = Revoke
settings-key-revoke-one = Revoke { $name }
settings-key-name = Name
settings-key-scope = Good for
settings-key-both = Reading and writing
settings-key-read = Reading
settings-key-write = Writing
settings-key-ends = Runs out
settings-key-month = in 30 days
settings-key-year = in a year
settings-key-never = never
settings-key-make = Generate new key
settings-password = Password
settings-password-current = Current password
settings-password-new = New, at least { $least } characters
settings-password-change = Change password
settings-scope-both = reads and writes
settings-scope-write = writes only
settings-scope-read = reads only
settings-scope-none = good for nothing
settings-key-unnamed = Unnamed key
settings-browser = { $program } on { $system }
settings-browser-other = Another program
settings-done-session = That browser is logged out.
settings-done-sessions = Every other browser is logged out.
settings-done-key = The key is revoked.
settings-done-password = The password is changed, and every other browser is logged out.
settings-wrong-password = The current password is wrong.

# Pages beside it
settings-tab-account = Account
settings-tab-queue = Queue
settings-tab-models = Models
settings-tab-storage = Storage
settings-tab-admin = Admin
