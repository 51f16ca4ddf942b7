-- What a person sees and owns. title, short_summary and long_summary hold a person's words only; the machine's are in its outputs.
CREATE TABLE transcript (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    status text NOT NULL DEFAULT 'idle'
        CHECK (status IN ('idle', 'uploaded', 'recording', 'processing', 'error', 'ended')),
    locked boolean NOT NULL DEFAULT false,
    run integer NOT NULL DEFAULT 0,
    duration double precision NOT NULL DEFAULT 0 CHECK (duration >= 0), -- milliseconds
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    title text,
    short_summary text,
    long_summary text,
    share_mode text NOT NULL DEFAULT 'private' CHECK (share_mode IN ('private', 'semi-private', 'public')),
    source_language text NOT NULL,
    target_language text NOT NULL,
    reviewed boolean NOT NULL DEFAULT false,
    source_kind text NOT NULL CHECK (source_kind IN ('room', 'live', 'file')),
    -- Restricted: were it set to null, a removed person's private transcripts would become everybody's.
    user_id uuid REFERENCES app_user ON DELETE RESTRICT,
    meeting_id uuid,
    recording_id uuid,
    room_id uuid,
    audio_deleted boolean NOT NULL DEFAULT false,
    change_seq bigint NOT NULL UNIQUE,
    deleted_at timestamptz
);
CREATE INDEX transcript_newest ON transcript (created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX transcript_owner ON transcript (user_id, created_at DESC);
CREATE INDEX transcript_room ON transcript (room_id, created_at DESC);

-- The media behind a transcript: the parts of an upload, each an object of its own, read one after another.
CREATE TABLE recording (
    id uuid PRIMARY KEY,
    transcript_id uuid NOT NULL REFERENCES transcript ON DELETE CASCADE,
    original_name text NOT NULL,
    content_type text NOT NULL,
    size_bytes bigint NOT NULL DEFAULT 0 CHECK (size_bytes >= 0), -- of the parts received
    total_parts integer NOT NULL CHECK (total_parts > 0),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'complete')),
    created_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    deleted_at timestamptz
);
CREATE INDEX recording_transcript ON recording (transcript_id);
CREATE INDEX recording_pending ON recording (created_at) WHERE status = 'pending';

ALTER TABLE transcript
    ADD CONSTRAINT transcript_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES recording ON DELETE SET NULL;
CREATE INDEX transcript_recording ON transcript (recording_id);

CREATE TABLE upload_part (
    recording_id uuid NOT NULL REFERENCES recording ON DELETE CASCADE,
    part integer NOT NULL CHECK (part >= 0),
    size bigint NOT NULL CHECK (size >= 0),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (recording_id, part)
);

-- Every insert and update of a transcript takes the next number, so that a reader can ask for what changed since.
CREATE SEQUENCE transcript_change_seq OWNED BY transcript.change_seq;
CREATE FUNCTION transcript_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.change_seq := nextval('transcript_change_seq');
    IF TG_OP = 'UPDATE' THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER transcript_changed BEFORE INSERT OR UPDATE ON transcript
    FOR EACH ROW EXECUTE FUNCTION transcript_changed();
