-- What signs addresses that anybody may listen at for a few minutes; the same for every process of this installation. Two random
-- UUIDs have 244 random bits, of PostgreSQL's strong source.
CREATE TABLE instance_secret (
    id boolean PRIMARY KEY DEFAULT true CHECK (id), -- there is one
    secret text NOT NULL
);
INSERT INTO instance_secret (secret) VALUES (replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''));

-- Grows whenever it changes who may read or hear a transcript: what was signed before does not hold any more.
ALTER TABLE transcript ADD COLUMN rights_seq integer NOT NULL DEFAULT 0;
CREATE FUNCTION transcript_rights_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.rights_seq := OLD.rights_seq + 1;
    RETURN NEW;
END
$$;
CREATE TRIGGER transcript_rights_changed BEFORE UPDATE ON transcript FOR EACH ROW
    WHEN ((OLD.user_id, OLD.share_mode, OLD.room_id, OLD.audio_deleted, OLD.deleted_at)
        IS DISTINCT FROM (NEW.user_id, NEW.share_mode, NEW.room_id, NEW.audio_deleted, NEW.deleted_at))
    EXECUTE FUNCTION transcript_rights_changed();
