DROP TABLE upload_token;
DROP INDEX idempotency_key_asker;
DELETE FROM idempotency_key;
ALTER TABLE idempotency_key DROP COLUMN too_long;
ALTER TABLE idempotency_key DROP COLUMN asker_sha256;
