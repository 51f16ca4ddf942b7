# Queue, models, storage: how the installation does
status-queue = Queue
status-queue-yours = Your queue
status-queue-empty = Nothing waits
status-queue-empty-text = Recordings stand here from when they are uploaded until their transcript is done.
status-queue-retry = tried again <time datetime="{ $iso }">{ $date }</time>
status-queue-progress = Progress of “{ $title }”
status-queue-more = and { $count } more
status-queue-hint = Times left come from what earlier recordings took on this machine. Speech is heard one recording at a time; what comes before is counted in.
status-queue-working = Working
status-queue-place = { $place ->
    [1] Next in line
   *[other] { $place }{ $suffix } in line
}
status-queue-of = A recording of { $owner }
status-queue-of-other = A recording of somebody else
status-queue-stages = { $done } of { $all } stages done
status-queue-others = { $count ->
    [one] One recording of somebody else is in the queue, too.
   *[other] { $count } recordings of others are in the queue, too.
}

# Models
status-models = Models
status-models-hears = Who hears
status-models-none = No worker for speech runs
status-models-none-text = Recordings wait until one does.
status-models-seen = seen <time datetime="{ $iso }">{ $date }</time>
status-models-known = Models there are
status-models-pull = On the machine, <code>reflector models pull NAME</code> fetches one, and <code>reflector models verify</code> compares what is there with its checksums.
status-models-load-failed = Failed to load
status-models-in-memory = In memory
status-models-when-needed = Loaded when needed
status-models-in-use = In use
status-models-missing = Missing
status-models-installed = Installed
status-models-memory = { $size } of memory
status-models-words-at = Words are written down at the speech server { $host }.
status-models-speakers-at = Speakers are told apart at the speech server { $host }.
status-models-elsewhere = elsewhere
status-models-extractive = No language model is set: topics, title and summary are extracted from the text.
status-models-llm = Topics, title and summary are written by { $model }.
status-models-for-text = speech to text
status-models-for-voices = voices told apart
status-models-for-speech = where speech is
status-models-for-turns = who speaks when, within ten seconds
status-models-for-speakers = speakers
status-models-language-any = any language
status-models-language-english = English
status-models-languages = { $count } languages
status-models-by-hand = not known: put there by hand

# Storage
status-storage = Storage
status-storage-all = Used by everybody
status-storage-you = Used by you
status-storage-trash = The trash counts until it is <a href="/transcripts?trash=1">emptied</a>.
status-storage-room = Room on this machine
status-storage-bucket = Recordings are in the bucket <code>{ $bucket }</code> of an object store.
status-storage-full = Nearly full
status-storage-disk = Used of the disk for: { $name }
status-storage-people = By person
status-storage-nobody = Nobody keeps anything yet.
status-storage-share = Share of { $who }
status-storage-in-trash = { $size } of it in the trash
status-storage-no-address = somebody without an address
status-storage-ownerless = nobody’s
status-storage-unknown = How much room there is can’t be read on this machine.
status-storage-free = { $free } free of { $all }
status-storage-transcripts = { $count ->
    [one] 1 transcript
   *[other] { $count } transcripts
}
status-storage-none = none
status-storage-about = about { $size }
status-storage-count = Transcripts
status-storage-length = Length of all recordings
status-storage-uploaded = Recordings as uploaded
status-storage-made = Sound made of them
status-storage-trashed = Of that in the trash
status-storage-recordings = Recordings
status-storage-scratch = Work in progress
