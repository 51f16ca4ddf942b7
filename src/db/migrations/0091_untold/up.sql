-- What happened to a transcript and those who watch have not been told yet: written with it, in one transaction, and deleted
-- when it is told. So nobody hears of what comes next before, whichever process is faster, and none of it is lost with a process.
CREATE TABLE untold (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transcript_id uuid NOT NULL REFERENCES transcript ON DELETE CASCADE,
    event text NOT NULL -- JSON, as it is told
);
CREATE INDEX untold_transcript ON untold (transcript_id);
