DROP FUNCTION search_documents_and_notes(text, tsquery);
DELETE FROM search_passage WHERE kind = 'notes';
ALTER TABLE search_passage DROP CONSTRAINT search_passage_kind_check;
ALTER TABLE search_passage ADD CONSTRAINT search_passage_kind_check CHECK
    (kind IN ('title', 'name', 'speaker', 'topic', 'summary', 'action', 'words'));
DROP INDEX search_document_notes;
ALTER TABLE search_document DROP COLUMN notes;
ALTER TABLE transcript DROP COLUMN notes;
