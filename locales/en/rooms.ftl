# Rooms: the list, and one of them
rooms-field-shared = Shared with everybody who is logged in
rooms-title = Rooms
rooms-deleted = Deleted “{ $name }”. Its transcripts are still there.
rooms-undo = Undo
rooms-lead = A room keeps transcripts together. A shared one is there for everybody who is logged in, and its webhook tells another program when a transcript is finished.
rooms-empty = No rooms yet
rooms-empty-make = Name one below.
rooms-empty-login = Log in to make one.
rooms-theirs = another person’s
rooms-webhook = tells a webhook
rooms-shared = Shared
rooms-edit = Edit
rooms-edit-one = Edit { $name }
rooms-newer = Newer
rooms-older = Older
rooms-new = New room
rooms-name = Name
rooms-name-hint = Letters, digits, - _ and . without spaces
rooms-make = Make room

# One room
rooms-transcripts = Transcripts of this room
rooms-all = All rooms
rooms-field-webhook = Webhook
rooms-field-webhook-hint = Another program’s address. It is sent every transcript of this room that is finished, signed with the secret.
rooms-field-secret = Secret
rooms-field-secret-hint = The receiver needs it to check who sends. Leave it empty for a new one.
rooms-save = Save
rooms-events = What the webhook was told
rooms-test = Send a test
rooms-events-none = Nothing yet. Send a test, or wait for a transcript of this room to be finished.
rooms-event-answer = Answer: <code>{ $answer }</code>
rooms-event-again = Try again
rooms-event-again-one = Try again: “{ $title }”
rooms-delete = Delete
rooms-delete-text = Its transcripts stay. It can be taken back for 30 days.
rooms-delete-go = Delete this room
rooms-event-delivered = Delivered
rooms-event-waiting = Waiting
rooms-event-failed = Failed
rooms-event-test = Test
rooms-event-transcript = A transcript
rooms-event-attempts = { $count ->
    [one] 1 attempt
   *[other] { $count } attempts
}
rooms-event-status = answered { $status }
rooms-event-took = { $millis } ms
rooms-done-made = The room is there.
rooms-done-restored = The room is back.
rooms-done-saved = Saved.
rooms-done-tested = A test was sent; the first line below says what came of it.
rooms-done-again = It is being sent again.

# What is wrong with a form; the reason is what the API says
rooms-wrong-email = By e-mail to: { $why }.
rooms-wrong-stream = The stream { $why }.
rooms-wrong-name = The name { $why }.
rooms-wrong-webhook = The webhook's address: { $why }.

# What a room sends by itself
rooms-sending = Sent by itself
rooms-sending-when = When a transcript of this room is finished.
rooms-sending-email = By e-mail to
rooms-sending-email-hint = One address, or several with commas between. Empty: nobody is written to.
rooms-sending-zulip = Post it in Zulip
rooms-sending-stream = Stream
rooms-sending-topic = Topic
