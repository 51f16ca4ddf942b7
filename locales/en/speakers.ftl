# Who speaks in a transcript: samples of voices, names, two voices that are one.

speakers-title = Speakers
speakers-undo = Undo
speakers-none = No voices yet
speakers-none-why = They are told apart while the recording is worked on. Come back when it is done.
speakers-lead = Listen, then say who it is. Names go into the text, the summary and every download.
speakers-lead-silent = The recording can’t be heard here: say who it is by what is said. Names go into the text, the summary and every download.
speakers-share = { $spoken }, { $share } of the talking
speakers-said = “{ $text }”
speakers-in-transcript = In the transcript at
speakers-sample = { $name } at { $clock }
speakers-name = Name
speakers-same = The same person as
speakers-merge = Merge
speakers-merge-voice = Merge { $name } into the chosen voice
speakers-save = Save names
speakers-back = Back to the transcript
speakers-named = The names are saved.
speakers-merged = The two voices are one now.
speakers-undone = They are two voices again.
speakers-both-named = Both have names. Empty the name of one of them, save, and try again.
speakers-named-back = The names are what they were before.
speakers-changed = Somebody else changed one of these voices meanwhile. They are shown as they are now: listen, and merge them if they are still one.
speakers-conflict = Somebody else changed a name meanwhile.
speakers-conflict-page = Nothing is lost: here is what they wrote, and what you did.
speakers-theirs = Now called <q dir="auto">{ $name }</q>
speakers-theirs-none = The name was taken away.
speakers-yours = What you wrote
speakers-mine = Save mine over it
speakers-take = Keep theirs
