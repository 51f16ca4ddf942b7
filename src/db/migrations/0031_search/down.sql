DROP TABLE search_passage;
DROP TABLE search_document;
