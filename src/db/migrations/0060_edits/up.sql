-- What people changed about a text, in order: a layer over the machine's segments, which are never edited. Rows are only added;
-- undo and redo are rows, too, so any state that was ever shown can be made again. A change names its words by text and
-- time, so it still holds where a later run hears the same words.
CREATE TABLE edit (
    transcript_id uuid NOT NULL REFERENCES transcript ON DELETE CASCADE,
    revision integer NOT NULL CHECK (revision > 0), -- from 1, without gaps
    change jsonb NOT NULL CHECK (change ->> 'kind' IN
        ('assign', 'merge', 'text', 'split', 'join', 'restore', 'restore_all', 'undo', 'redo')),
    words bigint NOT NULL CHECK (words >= 0), -- how many it names or brings
    output_id uuid REFERENCES output ON DELETE SET NULL, -- the version of the text that it was made on
    user_id uuid REFERENCES app_user ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (transcript_id, revision)
);
CREATE INDEX edit_output ON edit (output_id);
CREATE INDEX edit_user ON edit (user_id);

-- Corrections of speakers were the first kind of change.
INSERT INTO edit (transcript_id, revision, change, words, user_id, created_at)
SELECT transcript_id, row_number() OVER (PARTITION BY transcript_id ORDER BY seq),
       jsonb_build_object('kind', kind, 'speaker', speaker,
                          'words', jsonb_build_object('text', to_jsonb(word_text), 'start', to_jsonb(word_start))),
       cardinality(word_text), user_id, created_at
FROM speaker_edit;
DROP TABLE speaker_edit;
