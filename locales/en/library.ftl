# The list of transcripts, search, the trash
library-trash = Trash
library-title = Transcripts
library-which = Which transcripts
library-all = All
library-search = Search in everything that was said and written
library-search-example = Words, names, “a phrase”
library-search-go = Search
library-narrow = Narrow down and sort
library-from = From
library-to = To
library-who = Who says it
library-language = Language
library-any = Any
library-status = Status
library-source = Source
library-source-file = Uploaded file
library-source-live = Live recording
library-source-room = Room
library-room = In the room
library-order = Order
library-newest = Newest first
library-best = Best match first
library-oldest = Oldest first
library-longest = Longest first
library-shortest = Shortest first
library-by-title = By title
library-ended = Finished
library-working = Being worked on
library-error = Failed
library-idle = Not uploaded
library-undo = Undo
library-trash-days = What has been here for { $days ->
    [one] a day
   *[other] { $days } days
} is deleted for good.
library-trash-stays = What is here stays until you delete it for good.
library-show-all = Show all
library-found = { $count ->
    [one] 1 transcript found
   *[other] { $count } transcripts found
}

# Lists without anything in them
library-empty-wrong = Nothing was looked for
library-empty-wrong-text = Mend what is marked above and search again.
library-empty-found = Nothing found
library-empty-found-text = All words must occur. Put a phrase in quotation marks, end the beginning of a word with a star (budg*), or ask for less.
library-empty-trash = The trash is empty
library-empty-trash-text = What you delete can be taken back from here.
library-empty = No transcripts yet
library-empty-text = Upload a recording on the start page, and it appears here.

# A line of the list
library-row-select = Select “{ $title }”
library-row-trashed = in the trash since <time datetime="{ $iso }">{ $date }</time>
library-row-delete = Delete
library-row-delete-title = Delete “{ $title }”
library-row-progress = Progress of “{ $title }”
library-row-incomplete = Upload not complete
library-row-waiting = Waiting
library-row-working = Working
library-row-failed = Failed
library-row-idle = Not uploaded
library-row-recording = Recording
library-row-more = { $count ->
    [one] 1 more place
   *[other] { $count } more places
}
library-place-topic = Topic
library-place-summary = Summary
library-place-action = Decided or to do
library-place-speaker = Speaks first
library-place-notes = Notes
library-place-title = Title

# What is done with several at once
library-bulk-all = All on this page
library-bulk-sound = with sound
library-bulk = Ticked transcripts
library-bulk-with = With those that are ticked:
library-bulk-restore = Restore
library-bulk-destroy = Delete for good
library-bulk-empty = Empty the trash
library-bulk-delete = Move to trash
library-bulk-room = Room
library-bulk-no-room = No room
library-bulk-move = Move there
library-bulk-readers = Who may read
library-bulk-private = Only their owner
library-bulk-semi = Everybody logged in
library-bulk-public = Everybody
library-bulk-set = Set
library-bulk-download = Download
library-bulk-formats = What is in the download
library-bulk-pdf = PDF (takes a few seconds each)

# What was done with several
library-done-moved = { $count ->
    [one] Moved 1 transcript to the trash.
   *[other] Moved { $count } transcripts to the trash.
}
library-done-restored = { $count ->
    [one] Took 1 transcript out of the trash.
   *[other] Took { $count } transcripts out of the trash.
}
library-done-destroyed = { $count ->
    [one] Deleted 1 transcript for good.
   *[other] Deleted { $count } transcripts for good.
}
library-done-room = { $count ->
    [one] Moved 1 transcript to the room.
   *[other] Moved { $count } transcripts to the room.
}
library-done-out = { $count ->
    [one] Took 1 transcript out of their room.
   *[other] Took { $count } transcripts out of their room.
}
library-done-shared = { $count ->
    [one] Changed who may read 1 transcript.
   *[other] Changed who may read { $count } transcripts.
}
library-done-nothing = Tick the transcripts first, then say what to do with them.
library-done-left = { $count ->
    [one] One was left as it was: it is not yours to change.
   *[other] { $count } were left as they were: they are not yours to change.
}

# What can’t be taken back
library-confirm-cancel = Cancel
library-confirm = { $count ->
    [one] Delete 1 transcript for good?
   *[other] Delete { $count } transcripts for good?
}
library-confirm-text = Words, sound and everything that was made of them are removed at once. This can't be undone; only a backup may still have them.
library-confirm-more = and { $count } more
library-confirm-button = Delete for good
