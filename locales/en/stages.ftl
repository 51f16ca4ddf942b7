# Where the work on a recording stands.

stages-title = Progress
stages-all = Stages
stages-failed = { $what } did not work.
stages-failed-unknown = the reason was not noted
stages-again = Try again
stages-another = Another file in its place
stages-another-send = Upload it instead
stages-by-itself = { $times ->
    [one] It is tried again once by itself, the next morning ({ $tried } so far).
   *[other] It is tried again by itself, once a day and { $times } times at most ({ $tried } so far).
}
stages-by-itself-over = { $tried ->
    [one] It was tried again once by itself, and will not be any more.
   *[other] It was tried again by itself { $tried } times, and will not be any more.
}
stages-continue = Continue the upload
stages-finish = Finish it or go on
stages-ready = The transcript is ready.
stages-incomplete = The upload is not complete: { $parts } of { $total } parts ({ $size }) have arrived and are kept. Choose the same file again to go on.
stages-nothing = Nothing has been uploaded yet.
stages-recording = This is being recorded. If it was interrupted, it can be gone on with or finished; left alone, it is finished as it is after six hours.
# What is being done.
stages-doing-ingest = Preparing the audio
stages-doing-transcribe = Writing down the words
stages-doing-diarize = Telling the speakers apart
stages-doing-assemble = Putting words and speakers together
stages-doing-topics = Finding the topics
stages-doing-title = Finding a title
stages-doing-summarize = Summarising
stages-doing-deliver = Finishing
# What it makes.
stages-ingest = Audio
stages-transcribe = Words
stages-diarize = Speakers
stages-assemble = Text
stages-topics = Topics
stages-name = Title
stages-summarize = Summary
stages-deliver = Done
stages-waiting = waiting
stages-next = next
stages-running = running
stages-done = done
stages-broken = failed
stages-retry = will be tried again: { $error }
stages-in-line = next in line
stages-percent = { $percent } %
stages-percent-left = { $percent } % · { $left }
stages-no-worker = Waiting for a free worker
