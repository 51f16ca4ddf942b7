-- Every request that makes or sends something can be sent again under its key, not only those that make a transcript or a room. Of who
-- asks, where, and under which key a hash is enough; keys hold for a day, so those of before are not taken over.
DROP TABLE idempotency_key;
CREATE TABLE idempotency_key (
    request_sha256 text PRIMARY KEY CHECK (request_sha256 ~ '^[0-9a-f]{64}$'), -- who asks, where, and the key
    body_sha256 text NOT NULL CHECK (body_sha256 ~ '^[0-9a-f]{64}$'),
    status smallint, -- of the answer; null while it is at work
    answer text, -- null: it is not to be told twice
    tag text, -- the answer's ETag
    transcript_id uuid REFERENCES transcript ON DELETE CASCADE, -- what the request made, or was about
    room_id uuid REFERENCES room ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idempotency_key_age ON idempotency_key (created_at);
CREATE INDEX idempotency_key_transcript ON idempotency_key (transcript_id);
CREATE INDEX idempotency_key_room ON idempotency_key (room_id);
