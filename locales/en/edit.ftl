# Changing the text of a transcript.

edit-text = Edit text
edit-undo = Undo
edit-redo = Redo
edit-check = Check doubtful words
edit-history = History
edit-who = Who says it
edit-play = Play
edit-what = What is said
edit-restore = Take the machine’s words back
edit-conflict = <strong>Somebody else changed this meanwhile.</strong> It says now: <q dir="auto"></q>
edit-theirs = Keep theirs
edit-mine = Write mine over it
edit-save = Save
edit-cancel = Cancel
edit-split = Split here
edit-split-title = A new paragraph begins at the cursor
edit-join = Join with next
edit-before = Previous
edit-after = Next
edit-keys = <kbd>Ctrl</kbd> <kbd>Enter</kbd> saves, <kbd>Esc</kbd> leaves, <kbd>Alt</kbd> <kbd>↑</kbd> <kbd>↓</kbd> go on.
