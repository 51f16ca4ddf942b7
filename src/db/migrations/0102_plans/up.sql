-- What lists, the trash, the sweep and those who look after the installation look for, where it is few among many.
CREATE INDEX transcript_trash ON transcript (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX transcript_public ON transcript (created_at DESC, id DESC) WHERE share_mode = 'public' AND deleted_at IS NULL;
CREATE INDEX stage_state_failed ON stage_state (finished_at DESC NULLS LAST, transcript_id DESC) WHERE status = 'failed';
-- Nearly all of the log is looking and listening, and those who write it for that don't pay for this.
CREATE INDEX audit_of_action ON audit (action, at DESC, id DESC) WHERE action <> 'view' AND action <> 'play';
