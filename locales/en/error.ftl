# Pages of errors
error-log-in = Please log in
error-forbidden = That is not yours to do
error-too-many = Too many attempts
error-off = That is switched off here
error-nothing = There is nothing here
error-too-large = That is too large
error-not-now = That can't be done now
error-full = The disk is full
error-failed = That did not work
error-not-understood = That request was not understood
error-not-found = { $what } not found. It may have been deleted, or the address is not complete.
error-unauthorized = Not authenticated.
error-too-many-logins = Too many attempts to log in; try again in { $seconds } seconds.
error-switched-off = This is switched off here ({ $setting }).
error-may-not = You may not do that.
error-disk = There is no room left on the disk; free some space and try again.
error-internal = Something went wrong on our side.
