# What people write about a transcript in words of their own.

notes-title = Notes
notes-none = Nothing is noted yet.
notes-write = Write notes
notes-edit = Edit notes
notes-who = Everybody with an account who may read this transcript reads them, and finds it by them. They are in downloads, and in no letter.
notes-who-here = Whoever may read this transcript reads them, and finds it by them. They are in downloads, and in no letter.
notes-save = Save notes
notes-cancel = Leave them as they were
notes-keys = <kbd>Ctrl</kbd> <kbd>Enter</kbd> saves, <kbd>Esc</kbd> goes back to reading and keeps what you wrote.
notes-conflict = Somebody else changed the notes meanwhile.
notes-conflict-more = They read now:
notes-conflict-page = Nothing is lost: here is what they wrote, and what you did.
notes-theirs = What they wrote
notes-yours = What you wrote
notes-take = Keep theirs
notes-mine = Write mine over them
