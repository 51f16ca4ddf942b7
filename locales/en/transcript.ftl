# The page of a transcript: its head, its text, its topics.

transcript-title = Title
transcript-save = Save
transcript-cancel = Cancel
transcript-edit-title = Edit title
transcript-untitled = Untitled
transcript-download = Download
transcript-audio = Audio
transcript-as-pdf = PDF
transcript-as-docx = Word
transcript-as-text = Text
transcript-as-markdown = Markdown
transcript-as-srt = Subtitles (SRT)
transcript-as-vtt = Subtitles (WebVTT)
transcript-as-json = Words and times
transcript-as-csv = Table
transcript-as-rttm = Speaker turns
transcript-as-zip = Everything
transcript-share = Share
transcript-more = More
transcript-more-actions = More actions
transcript-send = Send by e-mail or to Zulip
transcript-vocabulary = Names and special words
transcript-again = Transcribe again
transcript-room = Room
transcript-room-none = None
transcript-room-share = Let others read it there
transcript-room-move = Move to this room
transcript-delete = Delete
transcript-speakers = { $count ->
    [one] { $count } speaker
   *[other] { $count } speakers
}
transcript-channels = { $count ->
    [one] { $count } separate channel
   *[other] { $count } separate channels
}
transcript-in-room = in { $room }
transcript-text = Transcript
transcript-first-words = The first words appear here in a moment
transcript-writing = More is being written
transcript-no-text = There is no text yet.
transcript-silent = Nobody says anything in this recording.
transcript-part = Part { $number } of { $total }, from { $clock }
transcript-play-from = Play from
transcript-topics = Topics
