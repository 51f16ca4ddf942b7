-- Who did what with which transcript. It outlives both: nothing here refers to a row.
CREATE TABLE audit (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    action text NOT NULL,
    transcript_id uuid NOT NULL,
    user_id uuid,
    who text NOT NULL,
    key_id uuid,
    address text NOT NULL,
    -- Looking and listening again in the same period is one entry.
    period timestamptz
);
CREATE INDEX audit_at ON audit (at DESC, id DESC);
CREATE INDEX audit_of_transcript ON audit (transcript_id, at DESC, id DESC);
CREATE UNIQUE INDEX audit_once ON audit (transcript_id, action, who, address, period) WHERE period IS NOT NULL;
