-- What can't be told for a day is let go: it holds back what comes after it, and nobody waits for it any more.
ALTER TABLE untold ADD COLUMN noted_at timestamptz NOT NULL DEFAULT now();

-- What failed for a reason that may pass is tried again by itself, once a day, so many times.
CREATE TABLE again (
    transcript_id uuid PRIMARY KEY REFERENCES transcript ON DELETE CASCADE,
    run integer NOT NULL, -- that was begun last: a run of somebody else's begins the count anew
    tries integer NOT NULL CHECK (tries > 0),
    tried_at timestamptz NOT NULL
);
