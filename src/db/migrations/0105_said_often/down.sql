-- The marks stay: no word that is looked for begins as they do.
ALTER TABLE search_document DROP COLUMN counted;
