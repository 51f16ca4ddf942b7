-- Rooms: which recordings belong together, for whom, and who is told when one has become a transcript. The columns are the
-- ancestor's; those of video meetings and calendars are kept as they are given.
CREATE TABLE room (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    -- Restricted, as a transcript's is: what a removed person had must not become everybody's.
    user_id uuid REFERENCES app_user ON DELETE RESTRICT,
    created_at timestamptz NOT NULL DEFAULT now(),
    zulip_auto_post boolean NOT NULL DEFAULT false,
    zulip_stream text,
    zulip_topic text,
    is_locked boolean NOT NULL DEFAULT false,
    room_mode text NOT NULL DEFAULT 'normal' CHECK (room_mode IN ('normal', 'group')),
    recording_type text NOT NULL DEFAULT 'cloud' CHECK (recording_type IN ('none', 'local', 'cloud')),
    recording_trigger text NOT NULL DEFAULT 'automatic-2nd-participant'
        CHECK (recording_trigger IN ('none', 'prompt', 'automatic', 'automatic-2nd-participant')),
    is_shared boolean NOT NULL DEFAULT false,
    webhook_url text,
    webhook_secret text, -- in the clear: signatures are made with it
    ics_url text,
    ics_fetch_interval integer NOT NULL DEFAULT 300 CHECK (ics_fetch_interval > 0), -- seconds
    ics_enabled boolean NOT NULL DEFAULT false,
    ics_last_sync timestamptz,
    ics_last_etag text,
    platform text NOT NULL CHECK (platform IN ('whereby', 'daily', 'livekit')),
    skip_consent boolean NOT NULL DEFAULT false,
    email_transcript_to text,
    store_video boolean NOT NULL DEFAULT false,
    deleted_at timestamptz,
    CHECK (webhook_url IS NULL OR webhook_secret IS NOT NULL)
);
-- A name is free again once its room is deleted.
CREATE UNIQUE INDEX room_name ON room (name) WHERE deleted_at IS NULL;
CREATE INDEX room_owner ON room (user_id, created_at DESC);
CREATE INDEX room_shared ON room (id) WHERE is_shared AND deleted_at IS NULL;

-- There were no rooms before, so no transcript can have been in one.
UPDATE transcript SET room_id = NULL WHERE room_id IS NOT NULL;
ALTER TABLE transcript
    ADD CONSTRAINT transcript_room_id_fkey FOREIGN KEY (room_id) REFERENCES room ON DELETE SET NULL;

-- A room is made once however often it is asked for, as a transcript is; and who shares or deletes one is noted.
ALTER TABLE idempotency_key ADD COLUMN room_id uuid REFERENCES room ON DELETE CASCADE;
CREATE INDEX idempotency_key_room ON idempotency_key (room_id);
ALTER TABLE audit
    ALTER COLUMN transcript_id DROP NOT NULL,
    ADD COLUMN room_id uuid,
    ADD CONSTRAINT audit_of_one CHECK (num_nonnulls(transcript_id, room_id) = 1);
CREATE INDEX audit_of_room ON audit (room_id, at DESC, id DESC);
