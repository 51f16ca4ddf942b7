DROP TABLE upload_part;
ALTER TABLE transcript DROP CONSTRAINT transcript_recording_id_fkey;
DROP TABLE recording;
DROP TABLE transcript;
DROP FUNCTION transcript_changed;
