# The start page, and what is typed before a recording is sent
start-title = Turn a recording into a transcript
start-lead = Words with times, speakers with names, topics, and a summary that points into the audio. Everything stays on this machine.
start-interrupted = Interrupted recordings
start-choose-files = Choose the files
start-throw-away = Throw away
start-clear = Clear the list
start-pause = Pause
start-go-on = Go on
start-anyway = Upload it anyway
start-open = Open the transcript
start-cancel = Cancel
start-drop = Drop audio or video files here
start-choose = Choose recordings
start-record = Record now
start-record-how = Microphone, tab or computer…
start-record-hint = “Record now” begins at once, with your microphone and what is chosen above. Tell everybody who is heard.
start-files = Recordings, one or several
start-upload = Upload and transcribe
start-kinds = mp3, m4a, wav, flac, opus, mp4, mov, webm and most others, up to { $limit } each; several at once become a transcript each
start-kept = Without a login everybody can read it, and it is deleted after { $days ->
    [one] a day
   *[other] { $days } days
}. <a href="/login">Log in</a> to keep it to yourself.
start-guests-days = Everybody can read it, nobody can change or delete it here, and it is deleted by itself after { $days ->
    [one] a day
   *[other] { $days } days
}.
start-guests = Everybody can read it, and nobody can change or delete it here.
start-recent = Recent
start-privacy = Privacy
start-certificate = Certificate of this site
start-certificate-why = for devices whose browser warns about it
start-empty = No transcripts yet
start-empty-text = Drop a recording above, or record one. Its words appear while it is still being worked on.

# What is typed before a recording is sent
start-more = Title, language and more
start-field-title = Title (optional)
start-field-language = Language
start-field-detect = Detect automatically
start-field-room = Room (optional)
start-field-no-room = None
start-field-words = Names and special words (optional)
start-field-words-example = Aoife Byrne, Kowalczyk, OKR
start-field-words-hint = Write them as they should appear in the transcript. At most { $limit } characters.

# Recordings that were interrupted
start-offer = A recording was interrupted
start-offer-of = A recording of { $time } min was interrupted
start-offer-title = “{ $title }”
start-offer-since = The last of it came on <time datetime="{ $iso }">{ $date }</time>.
start-offer-finish = Finish it
start-offer-save = Save on this device

# What was just deleted
start-deleted = Deleted “{ $title }”.
start-undo = Undo

# What goes wrong while a form is sent
start-choose-first = Choose a recording first
start-file-failed = { $file }: { $why }
start-file-failed-after = { $file }: { $why }. What was sent before it has arrived ({ $count })
