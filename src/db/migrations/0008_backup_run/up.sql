-- Backups that were finished and read back, so that whoever watches can tell how old the last one is.
CREATE TABLE backup_run (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('archive', 'restic')),
    finished_at timestamptz NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
    objects bigint NOT NULL CHECK (objects >= 0),
    missing bigint NOT NULL CHECK (missing >= 0), -- objects that the database names and the storage had not
    encrypted boolean NOT NULL
);
CREATE INDEX backup_run_newest ON backup_run (finished_at DESC);
