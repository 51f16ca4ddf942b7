# Why a stage failed, or did its work only in part. Written into logs and the API as they are here; whatever another program said follows.

why-empty = the file is empty
why-not-media = this is not an audio or video file in a format that can be read
why-no-audio = the file has no sound track
why-damaged = the file is damaged or was cut short
why-too-long = the recording is longer than { $hours } hours, the limit
why-decoding-full = there is no room left on the disk for decoding; free some space and try again
why-decoding-slow = decoding was stopped after { $seconds } seconds, the limit for a file of this size
why-program = the program { $name } is missing; install ffmpeg
why-scratch-full = the disk for media being decoded is full; free some space and try again
why-scratch = a scratch file could not be read or written
why-database = the database could not do its part
why-database-away = PostgreSQL can't be reached
why-storage-full = there is no room left where recordings are kept (storage)
why-storage-lost = there is no object { $name }; upload the recording again
why-storage-away = the object store can't be reached, or refuses; the log says more
why-storage = what is kept of the recording could not be read or written
why-speech-busy = too many recordings wait for the speech engine already; try again later
why-speech-request = the speech engine can't do what was asked of it
why-speech-model = a speech model is missing or can't be used
why-speech-failed = the speech engine failed
why-server-settings = the speech server's settings can't be used
why-server-away = the speech server at { $place } can't be reached
why-server-busy = the speech server at { $place } has had no place free for too long
why-server-refused = the speech server at { $place } refuses ({ $status })
why-server-address = the speech server at { $place } can only fetch recordings by address, and objects on local disk have none; use storage.s3, or `reflector speech-server` there
why-server-unclear = the speech server at { $place } answered what can't be understood
why-llm-settings = the language model's settings can't be used
why-llm-away = the language model server can't be reached or does not answer
why-llm-busy = the language model server is overloaded (status { $status }); it was asked { $attempts } times
why-llm-refused = the language model server refused the request (status { $status })
why-llm-context = the model's context is too small for this request
why-llm-answer = the language model gave no usable answer after { $attempts } attempts
why-nothing = nothing was recorded or uploaded
why-ours = something went wrong on our side; the log says more
why-gave-up = stopped its worker { $count } times; it will not be tried again by itself
why-tried = { $why } (tried { $count } times)
why-interrupted = interrupted; it goes on as soon as a worker is free
why-letter = the letter can't be written

# What a stage did only in part.
why-piece = a piece of the recording could not be read, and is left out
why-pieces = { $count } pieces of the recording could not be read, and are left out
why-cut = the recording may be cut short: it should last { $whole }, but only { $read } of it could be read

# What a stage waits for.
why-loading = loading the model
