# Letters, and messages in Zulip
mail-subject = Reflector: { $title }
mail-open = Open the transcript
mail-transcript = Transcript
mail-decisions = Decisions
mail-next-steps = Next steps
mail-why-room = Sent by Reflector at { $site }, because { $room } sends its transcripts to this address.
mail-why-a-room = a room
mail-why-who = { $who } had Reflector at { $site } send this to you.
mail-why-somebody = Somebody had Reflector at { $site } send this to you.
mail-time = { $moment } UTC

# What an operator is told of a failure
mail-failed-subject = Reflector: a transcript has failed ({ $stage })
mail-failed =
    A transcript has failed, and will not be tried again by itself.

    Stage:  { $stage }
    Why:    { $why }
    Where:  { $url }

    “Try again” on its page starts from there, once the cause is mended. This is told once.
mail-failed-zulip = A [transcript]({ $url }) has failed: stage { $stage }

# A transcript in Zulip
mail-zulip-date = Date
mail-zulip-link = Link
mail-zulip-duration = Duration
mail-zulip-summary = Summary
mail-zulip-topics = Topics
mail-zulip-more = and { $count } more
