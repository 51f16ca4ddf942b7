# What scripts say: assets/say.js reads these. Text, variables and choices by variable only.

# Numbers and times
scripts-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
scripts-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
scripts-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
# A position: the very beginning.
scripts-start = start
scripts-size = { $number } { $unit ->
    [0] B
    [1] kB
    [2] MB
   *[3] GB
}
scripts-percent = { $percent } %
scripts-percent-said = { $percent } percent
scripts-quoted = “{ $text }”

# The connection. These stand after a colon within other texts.
scripts-server-answered = the server answered { $status }
scripts-connection-lost = the connection was lost
scripts-answer-unreadable = the server’s answer can’t be read
scripts-socket-lost = Connection lost. Trying again… What you have typed is kept.
scripts-socket-back = The connection is back.
scripts-socket-logged-out = You are not logged in any more. What you have typed is still here.
scripts-socket-log-in = Log in
scripts-socket-gone = This transcript was deleted, or is not shared with you any more.
scripts-socket-all = All transcripts
scripts-socket-closed = This page is gone, or not for you any more.
scripts-socket-start = To the start page

# The player and the text
scripts-play = Play
scripts-pause = Pause
scripts-repeating = Repeating { $from } to { $to }
scripts-position = { $at } of { $length }
scripts-speed = Speed { $speed }
scripts-back-to-now = Back to now
scripts-text-label = Transcript: arrow keys choose a word, Enter plays from it
scripts-part = Part { $number } of { $total }
scripts-part-failed = This part of the text could not be fetched. Try again
scripts-speaker = Speaker { $number }
scripts-another-speaker = Another speaker
scripts-unknown-speaker = Unknown

# Selected words
scripts-selected = { $from }: “{ $text }”
scripts-selected-named = { $name }, { $from }: “{ $text }”
scripts-copy = Copy
scripts-copy-with-time = Copy with time
scripts-copied = Copied
scripts-copied-said = Copied.
scripts-not-copied = The browser does not let this page copy. The text is marked: copy it with Ctrl+C, ⌘C or the browser’s menu.
scripts-link-copied = The link is copied
scripts-quote-made = The link is made.
scripts-quote-copied = The link is copied.
scripts-quote-taken-back = The link is taken back: it shows nothing any more.
# The reason is the server’s or the connection’s.
scripts-quote-failed = It did not work: { $error }

# Editing
scripts-edit = Edit
scripts-edit-text = Edit text
scripts-edit-done = Done
scripts-edit-from = Edit from { $at }
scripts-edit-from-here = Edit from here
scripts-edit-choose = Choose the words that are to be changed.
scripts-edit-heard = The machine heard: “{ $text }”
scripts-edit-answered = The server answered { $status }.
scripts-edit-lost = There is no connection to the server. What you wrote is still here: save it again in a moment.
scripts-edit-logged-out = You are logged out. Log in in another window, then save again.
scripts-edit-leave = What you wrote here is not saved. Leave it?
scripts-edit-removed = Somebody else removed this meanwhile.
scripts-edit-saved = Saved.
scripts-edit-taken-out = Taken out. Undo brings it back.
scripts-edit-restored = The machine’s words are back.
scripts-edit-joined = Joined.
scripts-edit-split = Split.
scripts-edit-save-then-split = Save what you wrote first, then split it.
scripts-edit-cursor = Put the cursor where the second part is to begin.
scripts-edit-save-then-choose = Save what you wrote first, then choose who says it.
scripts-edit-given = Given to another speaker.
scripts-edit-given-to = Given to { $name }.
scripts-notes-go-on = Go on writing
scripts-notes-kept = Not saved yet. What you wrote is kept on this page.
scripts-notes-saving = Saving…
scripts-notes-saved-before = Saved, but for what you wrote since.
# The reason is the server’s.
scripts-notes-failed = Not saved: { $error }. What you wrote is still here.
scripts-undone = Undone.
scripts-done-again = Done again.
scripts-taken-back = Taken back.
scripts-changed-try-again = Somebody else changed the text meanwhile. It is shown as it is now: try again.

# Finding and replacing
scripts-find-nowhere = Nowhere
scripts-find-place = { $number } of { $total }
scripts-find-replaced = { $count ->
    [one] Replaced in { $count } place. Undo takes it back.
   *[other] Replaced in { $count } places. Undo takes it back.
}
scripts-find-none = “{ $text }” does not occur.

# Speakers
scripts-person-change = Change
scripts-person-change-name = Change { $name }
scripts-person-nobody-else = Nobody else
scripts-person-named = Named { $name } everywhere.
scripts-person-unnamed = The name is gone.
scripts-person-other = The other one is called “{ $name }” by now. Save again if the two are one.
scripts-person-merge = “{ $one }” and “{ $other }” become one: “{ $other }”. Go on?
scripts-person-merged = They are one now.
scripts-person-changed = Somebody else changed the text meanwhile: undo that first.

# Doubtful words
scripts-review-fetching = Looking for doubtful words…
scripts-review-left = { $count ->
    [one] { $count } place left
   *[other] { $count } places left
}
scripts-review-for-later = { $count ->
    [one] { $count } place left, for later.
   *[other] { $count } places left, for later.
}
scripts-review-none = Nothing doubtful is left.
scripts-review-sure = { $percent } % sure
scripts-review-fix = Fix here
scripts-review-take-out = Take it out
scripts-review-fix-all = { $count ->
    [2] Fix both alike
   *[other] Fix all { $count } alike
}
scripts-review-all-right = { $count ->
    [2] Both are right
   *[other] All { $count } are right
}
scripts-review-changed = The text was changed meanwhile. This is how it is now: decide again.
scripts-review-not-undone = Somebody else changed the text meanwhile: that can't be undone here.

# History
scripts-history-fetching = Fetching what was changed…
scripts-history-kind = { $kind ->
    [assign] Given to a speaker
    [merge] Two speakers made one
    [text] Text
    [split] Split
    [join] Joined
    [restore] The machine’s words
    [restore_all] All of the machine’s text
    [confirm] Doubtful words are right
    [name] Names of speakers
    [undo] Undone
    [redo] Done again
   *[other] { $kind }
}
scripts-history-places = { $count ->
    [one] { $count } place
   *[other] { $count } places
}
scripts-history-state = { $state ->
    [undone] undone
    [partly] found only in part
    [not_applicable] its words are not there any more
   *[other] { "" }
}
scripts-history-more = and { $count } more
scripts-history-first = { $count ->
    [one] The first one is shown.
   *[other] The first { $count } are shown.
}
scripts-history-undo-from = Undo from here on
scripts-history-compare-before = Compare with before
scripts-history-since-before = Since before this change
scripts-history-since-machine = Since the machine wrote it down
scripts-history-version = Version { $number }: { $method }
scripts-history-shown = shown
scripts-history-show = Show this one
scripts-history-compare = Compare
scripts-history-version-and-now = Version { $number } and the text now
scripts-history-differs = { $title }: { $count ->
    [0] nothing differs
    [one] { $count } place differs
   *[other] { $count } places differ
}
scripts-history-nobody = nobody
scripts-history-changed = Somebody else changed the text meanwhile.
scripts-history-undone = { $count ->
    [one] Undone.
   *[other] { $count } changes were undone.
}
scripts-history-restored = The machine’s words are back. Undo takes that back.
scripts-history-version-shown = Version { $number } is shown.
scripts-history-version-again = Version { $number } is shown again.

# The list of transcripts
scripts-ticked = { $count ->
    [0] None ticked
   *[other] { $count } of { $total } ticked
}

# The start page
scripts-start-folders = { $names } { $count ->
    [one] is a folder: open it and drop the files inside.
   *[other] are folders: open them and drop the files inside.
}
scripts-start-files-taken = The { $count ->
    [one] file
   *[other] { $count } files
} beside { $folders ->
    [one] it
   *[other] them
} { $count ->
    [one] is
   *[other] are
} taken.
scripts-start-unfinished = { $count ->
    [one] An upload is unfinished: choose the file again to go on.
   *[other] { $count } uploads are unfinished: choose the files again to go on.
}
scripts-start-choose = { $count ->
    [one] Choose the file
   *[other] Choose the files
}
scripts-start-arrived = { $had } of { $size } have arrived
scripts-start-throw-away = Throw away what has arrived of “{ $name }”
scripts-start-thrown-away = What had arrived of “{ $name }” is thrown away

# Uploads
scripts-upload-empty = This file is empty: there is nothing in it to transcribe.
scripts-upload-too-large = This file is larger than { $limit }, the limit.
scripts-upload-odd = This does not look like audio or video.
scripts-upload-twice = “{ $name }” is in the list already
scripts-upload-act = { $act ->
    [pause] Pause “{ $name }”
    [go] Go on with “{ $name }”
    [anyway] Upload it anyway: “{ $name }”
    [take] Take it from the list: “{ $name }”
   *[cancel] Cancel “{ $name }”
}
scripts-upload-progress = Progress of “{ $name }”
scripts-upload-waiting = { $size } · waits for its turn
scripts-upload-waits = Waits for its turn.
scripts-upload-beginning = Beginning…
scripts-upload-sent = { $sent } of { $size }
scripts-upload-speed = { $speed }/s
scripts-upload-left = { $left } left
scripts-upload-again = Connection lost. Trying again in { $seconds } s…
scripts-upload-done = { $size } uploaded. It is being transcribed.
scripts-upload-done-said = “{ $name }” is uploaded
scripts-upload-refused = The upload stopped: { $error }.
scripts-upload-stopped = The upload stopped: { $error }. What has arrived is kept; the rest follows by itself when the server can be reached.
scripts-upload-stopped-said = “{ $name }”: the upload stopped
scripts-upload-about = “{ $name }”: { $said }
scripts-upload-paused = Paused.
scripts-upload-paused-at = Paused at { $sent } of { $size }. What has arrived is kept.
scripts-upload-paused-said = “{ $name }” is paused
scripts-upload-taken = “{ $name }” is taken from the list
scripts-upload-take = Take it from the list
scripts-upload-cancel = Cancel
scripts-upload-none = Not uploaded
scripts-upload-all = { $count ->
    [one] Uploaded
   *[other] All { $count } are uploaded
}
scripts-upload-some = Uploading: { $done } of { $total } done

# Recordings that were interrupted
scripts-offer-interrupted = A recording of { $length } min was interrupted
scripts-offer-without-end = A recording of { $length } min was finished without its end
scripts-offer-only-here = The last of it never left this browser: save it as a file, and upload that.
scripts-offer-all-here = All of it is in this browser alone until it is finished or gone on with.
scripts-offer-part-here = A part of it is in this browser alone until it is finished or gone on with.
scripts-offer-sending = Sending the rest…
scripts-offer-pieces = { $count ->
    [one] Sending the rest: { $count } piece to go.
   *[other] Sending the rest: { $count } pieces to go.
}
scripts-offer-not-sent = Not sent yet: { $trouble }. It is tried again.
scripts-offer-not-finished = It could not be finished: { $error }. Save it as a file, and upload that.
scripts-offer-throw-away = Throw away “{ $title }” ({ $length } min)? Nothing else has it.
scripts-offer-thrown = Thrown away
scripts-offer-not-thrown = It could not be thrown away: { $error }.

# Sending what is recorded. These stand after a colon within other texts.
scripts-send-logged-out = you are logged out here: log in again in another tab
scripts-send-thrown-away = it was thrown away

# Recording
scripts-record-not-here = This browser does not record here.
scripts-record-newer = A newer Firefox, Chrome, Edge or Safari does.
scripts-record-secure = Browsers allow it only over https, or on the machine itself.
scripts-record-not-allowed = The browser does not let this page use the microphone.
scripts-record-not-allowed-more = Allow it in the address bar, or in the system’s settings, and try again.
scripts-record-none-found = No microphone was found.
scripts-record-none-found-more = Plug one in, or record the sound of a tab alone.
scripts-record-taken = The microphone is taken by another program.
scripts-record-taken-more = Close that program and try again.
scripts-record-not-opened = The microphone could not be opened.
scripts-record-not-kept = This recording is not in this browser any more.
scripts-record-not-kept-more = Go back to the start page.
scripts-record-other-tab = This recording is being made in another tab.
scripts-record-other-tab-more = Go on there, or close that tab first.
scripts-record-finished = This recording is finished already.
scripts-record-finished-more = Its transcript is on the start page.
scripts-record-refused = This recording can’t be gone on with.
scripts-record-go-on = Go on recording
scripts-record-go-on-title = Go on recording “{ $title }”
scripts-record-kept-before = { $length } min are kept in this browser. What you record now follows them.
scripts-record-microphone = Microphone { $number }
scripts-record-no-microphone = None: only the tab or the computer
scripts-record-nothing-chosen = No tab, window or screen was chosen.
scripts-record-nothing-chosen-more = Choose one, or record the microphone alone.
scripts-record-no-sound = What you chose came without its sound.
scripts-record-no-sound-more = Choose a tab and switch on “share tab audio”. Firefox and Safari share no sound at all.
scripts-record-no-tab = The sound of a tab could not be had.
scripts-record-no-source = There is nothing to record.
scripts-record-no-source-more = Choose a microphone, or the sound of a tab.
# What a recording is called that nobody named.
scripts-record-title = Recording of { $date }
scripts-record-failed = The browser’s recorder failed ({ $error }); it begins again.
scripts-record-failed-somehow = The browser’s recorder failed; it begins again.
scripts-record-no-room = This browser has no room left to keep the recording: it is only sent. Do not close the page while the line is down.
scripts-record-recording = Recording
scripts-record-paused = Paused
scripts-record-paused-at = Paused at { $at }
scripts-record-resume = Go on
scripts-record-again = Recording again
scripts-level-silent = silent
scripts-level-quiet = quiet
scripts-level-good = good
scripts-level-loud = too loud
scripts-record-nothing-heard = Nothing is heard. Is the microphone switched off, or is another one meant?
scripts-record-tab-ended = The sound of the tab has ended. Add it again if it should be recorded.
scripts-record-microphone-gone = The microphone is gone.
scripts-record-server-refuses = The server takes no more of it: { $error }. The recording goes on and is kept in this browser.
scripts-record-not-sent = Not sent: { $trouble }. The last { $length } min are kept in this browser and sent as soon as that is possible.
scripts-record-being-sent = Kept in this browser, and being sent: { $length } min to go.
scripts-record-all-kept = Everything is kept in this browser and on the server.
scripts-record-retried = Not sent yet: { $trouble }. It is tried again; this page may be closed, and the start page goes on with it.
scripts-record-arrived = { $count } of { $total } pieces have arrived.
scripts-record-recorded = Recorded. The rest is being sent.
scripts-record-empty = Nothing was recorded.
scripts-record-empty-more = The browser gave no sound at all. Try again, with another microphone.
scripts-record-not-finished = The recording could not be finished.
scripts-record-not-finished-more = { $error }. It is kept in this browser: save it as a file, or go on from the start page.
scripts-record-discard = Throw away what is recorded ({ $length } min)? What has reached the server stays in the trash for a while.
