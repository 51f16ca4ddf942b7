# What was changed, and what the machine heard each time.

history-title = History
history-close = Close
history-changes = Changes
history-none = Nobody has changed this text yet.
history-all = All differences from the machine’s text
history-restore-all = Take all of the machine’s words back
history-more = The last 100 are shown.
history-versions = Versions of the machine
history-back = Back
