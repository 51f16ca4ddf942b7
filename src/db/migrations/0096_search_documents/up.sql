-- Documents in which something is said, by the index. PostgreSQL takes a document's words for as cheap to read as the row, and would rather read
-- all of them (0.1 ms each, a second for ten thousand) when many match; with the index alone that is a few milliseconds. The configuration is
-- compared after it, for the same reason.
CREATE FUNCTION search_documents(config text, query tsquery) RETURNS SETOF uuid
    LANGUAGE sql STABLE ROWS 1000 SET enable_seqscan = off
    AS $$ SELECT s.transcript_id FROM search_document s WHERE (s.said || s.front) @@ $2 AND s.config || '' = $1 $$;
