-- Corrections of speakers go back to where they were; changes of the text are lost, and so is what was undone.
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
INSERT INTO speaker_edit (transcript_id, kind, speaker, word_text, word_start, user_id, created_at)
SELECT transcript_id, change ->> 'kind', (change ->> 'speaker')::integer,
       ARRAY(SELECT jsonb_array_elements_text(change #> '{words,text}')),
       ARRAY(SELECT jsonb_array_elements_text(change #> '{words,start}')::double precision),
       user_id, created_at
FROM edit
WHERE change ->> 'kind' IN ('assign', 'merge')
ORDER BY transcript_id, revision;
DROP TABLE edit;
