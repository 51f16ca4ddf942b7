ALTER TABLE turn DROP COLUMN channel;
ALTER TABLE segment DROP COLUMN channel;
ALTER TABLE transcript DROP COLUMN channels;
