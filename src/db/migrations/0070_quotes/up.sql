-- A few seconds of a recording that whoever has the link may read and hear, until it ends or is taken back: then the row is gone. The
-- link's secret is here as its SHA-256 only.
CREATE TABLE quote (
    id uuid PRIMARY KEY,
    transcript_id uuid NOT NULL REFERENCES transcript ON DELETE CASCADE,
    token_hash text NOT NULL UNIQUE,
    start double precision NOT NULL CHECK (start >= 0), -- seconds
    "end" double precision NOT NULL CHECK ("end" > start),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at)
);
CREATE INDEX quote_newest ON quote (transcript_id, created_at DESC, id DESC);
CREATE INDEX quote_expires ON quote (expires_at);
