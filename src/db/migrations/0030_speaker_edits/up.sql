-- People's corrections of who says which words: a layer over the machine's segments, applied in order. A correction names its
-- words by text and time, so it still holds where a later run hears the same words.
CREATE TABLE speaker_edit (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- the order in which they were made
    transcript_id uuid NOT NULL REFERENCES transcript ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('assign', 'merge')),
    speaker integer NOT NULL CHECK (speaker >= 0), -- who says them
    word_text text[] NOT NULL,
    word_start double precision[] NOT NULL,
    user_id uuid REFERENCES app_user ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT speaker_edit_words CHECK (cardinality(word_start) = cardinality(word_text))
);
CREATE INDEX speaker_edit_transcript ON speaker_edit (transcript_id, seq);
