DELETE FROM audit WHERE transcript_id IS NULL;
ALTER TABLE audit DROP COLUMN room_id, ALTER COLUMN transcript_id SET NOT NULL;
DELETE FROM idempotency_key WHERE room_id IS NOT NULL;
ALTER TABLE idempotency_key DROP COLUMN room_id;
ALTER TABLE transcript DROP CONSTRAINT transcript_room_id_fkey;
DROP TABLE room;
