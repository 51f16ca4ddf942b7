DROP TABLE idempotency_key;
CREATE TABLE idempotency_key (
    asker text NOT NULL, -- whose keys: a person's id, or 'anonymous'
    key text NOT NULL,
    body_sha256 text NOT NULL CHECK (body_sha256 ~ '^[0-9a-f]{64}$'),
    transcript_id uuid REFERENCES transcript ON DELETE CASCADE, -- what was made; null while it is being made
    answer text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (asker, key)
);
CREATE INDEX idempotency_key_age ON idempotency_key (created_at);
CREATE INDEX idempotency_key_transcript ON idempotency_key (transcript_id);
ALTER TABLE idempotency_key ADD COLUMN room_id uuid REFERENCES room ON DELETE CASCADE;
CREATE INDEX idempotency_key_room ON idempotency_key (room_id);
