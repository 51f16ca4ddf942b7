-- What was sent of a transcript, to whom, by whose wish, and what came of it. What is sent is not kept: it is made from the
-- transcript when it goes out.
CREATE TABLE sending (
    id uuid PRIMARY KEY,
    transcript_id uuid NOT NULL REFERENCES transcript ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('asked', 'room', 'failure')),
    channel text NOT NULL CHECK (channel IN ('email', 'zulip', 'webhook')),
    target text NOT NULL, -- an e-mail address, a stream; of a webhook nothing: the settings have it
    topic text, -- of the stream
    include_topics boolean NOT NULL DEFAULT false,
    room_id uuid REFERENCES room ON DELETE CASCADE, -- that wishes it
    user_id uuid REFERENCES app_user ON DELETE SET NULL, -- who asked
    run integer NOT NULL, -- of the transcript
    reason text, -- of a failure
    status text NOT NULL CHECK (status IN ('waiting', 'delivered', 'failed')),
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    created_at timestamptz NOT NULL,
    tried_at timestamptz,
    error text, -- of the last attempt
    CHECK ((purpose = 'room') = (room_id IS NOT NULL)),
    CHECK ((purpose = 'failure') = (reason IS NOT NULL))
);
-- What is sent by itself is sent once for a run.
CREATE UNIQUE INDEX sending_once ON sending (transcript_id, run, purpose, channel, target) WHERE purpose <> 'asked';
CREATE INDEX sending_newest ON sending (transcript_id, created_at DESC, id DESC);
CREATE INDEX sending_by ON sending (user_id, created_at) WHERE purpose = 'asked';
CREATE INDEX sending_room ON sending (room_id) WHERE room_id IS NOT NULL;

-- The message that stands for a transcript in a topic of Zulip: it is changed, not sent again.
CREATE TABLE zulip_message (
    transcript_id uuid NOT NULL REFERENCES transcript ON DELETE CASCADE,
    realm text NOT NULL,
    stream text NOT NULL,
    topic text NOT NULL,
    message_id bigint, -- null: none yet
    claimed_until timestamptz, -- somebody is posting there
    PRIMARY KEY (transcript_id, realm, stream, topic)
);
