-- What search looks at: copies, kept by the program in the transactions that change what is shown. Rows and not triggers on words:
-- folding of accents, scripts without spaces and people's corrections are the program's, and a transcript in the trash needs no
-- change here, since a search asks the transcript's own row.
--
-- The indexes are kept up at once (no fastupdate): a list of what is still to be put in would be read by every search.
-- A document finds the transcript: all words asked for, wherever they are in it. Passages find the places, and phrases.
CREATE TABLE search_document (
    transcript_id uuid PRIMARY KEY REFERENCES transcript ON DELETE CASCADE,
    config text NOT NULL,    -- PostgreSQL's text search configuration for its language
    language text NOT NULL,  -- code without region, or 'auto'
    front tsvector NOT NULL, -- title (A), names (B), topics (C), summaries and action items (D)
    said tsvector NOT NULL   -- what is said, without positions: a long recording has too many for one value
);
CREATE INDEX search_document_config ON search_document (config);
CREATE INDEX search_document_all ON search_document USING gin ((said || front)) WITH (fastupdate = off);

CREATE TABLE search_passage (
    transcript_id uuid NOT NULL REFERENCES transcript ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('title', 'name', 'speaker', 'topic', 'summary', 'action', 'words')),
    idx integer NOT NULL,
    start double precision NOT NULL, -- seconds: where to listen
    speaker integer,                 -- of words: who says them, as people corrected it
    text text NOT NULL,
    vector tsvector NOT NULL,
    PRIMARY KEY (transcript_id, kind, idx)
);
CREATE INDEX search_passage_vector ON search_passage USING gin (vector) WITH (fastupdate = off);
