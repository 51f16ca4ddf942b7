DROP TRIGGER transcript_rights_changed ON transcript;
DROP FUNCTION transcript_rights_changed;
ALTER TABLE transcript DROP COLUMN rights_seq;
DROP TABLE instance_secret;
