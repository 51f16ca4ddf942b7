-- Names for the speakers of a transcript; one without a speaker was there, or is expected, but has no voice yet.
CREATE TABLE participant (
    id uuid PRIMARY KEY,
    transcript_id uuid NOT NULL REFERENCES transcript ON DELETE CASCADE,
    speaker integer CHECK (speaker >= 0),
    name text NOT NULL,
    user_id uuid REFERENCES app_user ON DELETE SET NULL,
    email text,
    CONSTRAINT participant_speaker UNIQUE (transcript_id, speaker)
);
