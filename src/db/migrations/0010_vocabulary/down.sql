ALTER TABLE transcript DROP COLUMN vocabulary;
