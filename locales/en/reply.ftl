# What the API, mail servers and the like say in English elsewhere, word for word: pages in another language find it here again.

# Uploads and recordings.
reply-upload-broken-form = the upload broke off, or is no form: { $why }
reply-upload-broken = the upload broke off: { $why }
reply-upload-large = a recording may have at most { $number } { $unit }
reply-body-large = a body that is no upload may have at most { $number } { $unit }
reply-text-large = has more than { $number } { $unit }
reply-upload-already = There is already a recording for this transcript
reply-upload-other = an upload in { $count } chunks is under way for this transcript
reply-upload-recording = this transcript is being recorded
reply-upload-nothing = Nothing has been recorded for this transcript yet
reply-upload-missing = not all of it has arrived: chunk { $number } is missing
reply-upload-counted = this is an upload in { $count } chunks, which is complete with the last of them
reply-upload-late = the recording was finished before this chunk arrived
reply-upload-there = chunk { $number } is there already, and is another one
reply-upload-others = somebody else began this recording, in another browser or program (X-Upload-Token)
reply-upload-no-file = is missing from the form

# Transcripts.
reply-locked = Transcript is locked
reply-not-in-trash = Transcript is not in the trash
reply-room-not-in-trash = Room is not in the trash
reply-not-ready = Recording is not ready for processing
reply-running = already running
reply-not-failed = nothing of this transcript has failed; it may run again already
reply-stage-needs = What this stage needs is not done: start from an earlier one
reply-language = is no language code, nor "auto"
reply-vocabulary = names and special words have more than { $count } characters together
reply-participants = a transcript has at most { $count } of them
reply-empty = is empty
reply-missing = is missing
reply-least-zero = must be at least 0
reply-least-one = must be at least 1
reply-bounds = must be from { $least } to { $most }
reply-day = is no day such as 2026-11-21
reply-from-to = 'from' must not be after 'to'

# Correcting.
reply-edits-many = A transcript may have { $count } changes, of { $words } words together
reply-edits-early = The text has no speakers yet: wait until it is assembled
reply-edits-text = Somebody else has changed the text since
reply-edits-segment = Somebody else has changed this segment since
reply-edits-notes = Somebody else has changed the notes since
reply-edits-name = Somebody else has changed this name since
reply-edits-names = The names were changed since, and stay as they are
reply-edits-redo = There is nothing to redo
reply-edits-undo = There is nothing to undo
reply-edits-first = a segment can't begin with its first word anew: name one that follows it
reply-edits-long = a segment would have more than { $count } characters
reply-edits-last = no segment follows this one
reply-edits-channel = the next segment was heard in another channel
reply-edits-no-word = the segment has no such word
reply-edits-places = there are more places than the { $count } that may be replaced at once
reply-edits-no-segment = there is no such segment
reply-speaker-taken = Speaker already assigned
reply-speaker-both = Speakers are both assigned to participants
reply-speaker-many = There are too many speakers
reply-speaker-none = is no speaker of this transcript
reply-speaker-changed = The text was changed since: take that back first, on the transcript's page

# Quotes.
reply-quotes-many = A transcript may have { $count } quotes at a time; take one back first
reply-quotes-no-sound = There is no sound yet to quote from
reply-quotes-long = a quote may have at most { $count } seconds
reply-quotes-end = must be after start and not after the recording's end, { $seconds } s
reply-quotes-start = must be at least 0 and before the recording's end, { $seconds } s
reply-quotes-life = must be from { $least } to { $most } seconds
reply-quotes-time = is to be a time like 1:05, 1:02:05 or 65.5

# Rooms.
reply-rooms-many = there are { $count } rooms already; delete one first
reply-rooms-taken = there is another room of this name; take a different one
reply-rooms-length = must have 1 to { $count } characters
reply-rooms-letters = may hold letters, digits, hyphens, underscores and dots, and no space
reply-rooms-own = is an address of this program's own
reply-rooms-none = is no room that you may put transcripts into
reply-rooms-no-webhook = The room has no webhook
reply-webhook-no-address = is no address: { $why }
reply-webhook-answered = it answered { $status }
reply-webhook-redirects = it answered { $status }, and redirects are not followed
reply-webhook-away = it can't be reached: { $why }
reply-webhook-slow = it did not answer within { $count } seconds
reply-webhook-in-time = it did not answer in time

# Sending.
reply-send-no-mail = E-mail is not set up here (mail.host)
reply-send-no-zulip = Zulip is not set up here (zulip.realm)
reply-send-no-address = is missing: an address, or several with commas between
reply-send-no-text = there is no text to send yet
reply-send-too-much = that is more than { $count } { $what } within an hour; try again in { $minutes } minutes
reply-mail-long = is longer than { $count } characters
reply-mail-plain = is no e-mail address that can be written to: before the @ only plain letters, digits and signs are known
reply-mail-host = is no e-mail address: after the @ there must be a host's name
reply-mail-at = is no e-mail address: it has no @
reply-mail-none = is no e-mail address: { $why }
reply-mail-nothing = is no e-mail address
reply-mail-answered = the mail server answered { $code }: { $why }
reply-mail-away = the mail server can't be reached: { $why }
reply-mail-wrong = the mail server can't be used: { $why }
reply-mail-slow = the mail server did not answer in time
reply-mail-silent = the mail server does not answer
reply-zulip-answered = Zulip answered { $status }: { $said }
reply-zulip-realm = Zulip answered { $status }; zulip.realm must be its own address
reply-zulip-away = Zulip can't be reached: { $why }
reply-zulip-unread = Zulip's answer can't be read: { $why }
reply-zulip-endless = Zulip's answer has no end
reply-zulip-no-id = Zulip's answer has no id of the message
reply-zulip-none = Zulip's answer is none of Zulip's

# Accounts and keys.
reply-password-long = the password may have at most { $count } bytes
reply-password-short = the password must have at least { $count } characters
reply-logins = too many people are logging in right now; try again in a moment
reply-keys-many = there are { $count } keys already; revoke one first
reply-keys-days = must be from 1 to { $count }, or null for a key without an end
reply-choice = is none of those on the page
reply-database-away = the database can't be reached right now; try again in a moment
reply-disk-full = there is no room left on the disk; free some space and try again

# Lists.
reply-bulk-room = names no room
reply-bulk-transcript = names no transcript
reply-bulk-many = names more than { $count } transcripts; take fewer at once
reply-bulk-nothing = is missing: nothing of them would be in the zip
reply-bulk-moment = is no moment
reply-list-sort = is none of newest, oldest, longest, shortest, title
reply-list-status = is none of ended, working, error, idle
reply-list-asked = has more than { $count } characters
reply-idempotent-wait = The same request is still at work; ask again in a moment
reply-idempotent-secret = This was made already, and its answer holds a secret that is shown once and kept nowhere: take it back and make another one, with a new key
reply-other-site = Refused: a browser says that this request comes from another site

# The speech engine.
reply-speech-model = model: { $why }
reply-speech-computing = computing: { $why }
reply-speech-failed = the speech engine failed: { $why }
