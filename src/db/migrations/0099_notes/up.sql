-- What people write about a transcript in words of their own: plain text with line breaks.
ALTER TABLE transcript ADD COLUMN notes text NOT NULL DEFAULT '';

-- They are searched beside the rest and not in it, since visitors of a public site do not read them: a search of theirs has the index that it had, and
-- a transcript without notes, as most are, is in that one alone.
ALTER TABLE search_document ADD COLUMN notes tsvector; -- null: there are none
CREATE INDEX search_document_notes ON search_document USING gin ((said || front || notes)) WITH (fastupdate = off) WHERE notes IS NOT NULL;

ALTER TABLE search_passage DROP CONSTRAINT search_passage_kind_check;
-- Of what is there already nothing can be wrong, and nobody waits until millions of rows were read for that.
ALTER TABLE search_passage ADD CONSTRAINT search_passage_kind_check CHECK
    (kind IN ('title', 'name', 'speaker', 'topic', 'summary', 'action', 'notes', 'words')) NOT VALID;

-- As search_documents, for those who read notes.
CREATE FUNCTION search_documents_and_notes(config text, query tsquery) RETURNS SETOF uuid
    LANGUAGE sql STABLE ROWS 1000 SET enable_seqscan = off
    AS $$ SELECT s.transcript_id FROM search_document s
              WHERE (s.said || s.front) @@ $2 AND s.notes IS NULL AND s.config || '' = $1
          UNION ALL
          SELECT s.transcript_id FROM search_document s
              WHERE (s.said || s.front || s.notes) @@ $2 AND s.notes IS NOT NULL AND s.config || '' = $1 $$;
