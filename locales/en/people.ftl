# The speakers of a transcript, and the window in which one is named.

people-title = Speakers
people-listen = Listen and say who is who
people-name-them = Name the speakers
people-name = Name
people-save = Save names
people-person = Speaker
people-same = Is the same as
people-person-save = Save
people-cancel = Cancel
people-conflict = <strong>Somebody else changed this name meanwhile.</strong> It is now: <q dir="auto"></q>
people-theirs = Keep theirs
people-mine = Save mine over it
# An unnamed voice; people count from one.
people-speaker = Speaker { $number }
# How much of the talking is theirs.
people-share = { $percent } %
