-- What a visitor adds belongs to nobody: whoever began to send its recording shows so by a token, of which only the hash is kept.
CREATE TABLE upload_token (
    transcript_id uuid PRIMARY KEY REFERENCES transcript ON DELETE CASCADE,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$')
);
-- So many answers are kept for one who asks, none of them too long, and only their key opens them. Keys hold for a day, so those of before
-- are not taken over.
DELETE FROM idempotency_key;
ALTER TABLE idempotency_key ADD COLUMN asker_sha256 text NOT NULL CHECK (asker_sha256 ~ '^[0-9a-f]{64}$');
ALTER TABLE idempotency_key ADD COLUMN too_long boolean NOT NULL DEFAULT false;
CREATE INDEX idempotency_key_asker ON idempotency_key (asker_sha256, created_at);
