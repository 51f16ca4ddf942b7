-- What a room's webhook was told, and what it answered last. The id is the event's, the same however often it is sent. What was
-- sent is not kept: it is made from the transcript each time.
CREATE TABLE webhook_delivery (
    id uuid PRIMARY KEY,
    room_id uuid NOT NULL REFERENCES room ON DELETE CASCADE,
    transcript_id uuid REFERENCES transcript ON DELETE CASCADE, -- null: a test
    run integer NOT NULL DEFAULT 0, -- of the transcript
    event text NOT NULL CHECK (event IN ('transcript.completed', 'test')),
    status text NOT NULL CHECK (status IN ('waiting', 'delivered', 'failed')),
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    created_at timestamptz NOT NULL,
    tried_at timestamptz,
    duration_ms integer, -- of the last attempt, as the rest
    answer_status integer,
    answer text, -- its beginning
    error text
);
CREATE UNIQUE INDEX webhook_delivery_once ON webhook_delivery (transcript_id, room_id, run);
CREATE INDEX webhook_delivery_newest ON webhook_delivery (room_id, created_at DESC, id DESC);
