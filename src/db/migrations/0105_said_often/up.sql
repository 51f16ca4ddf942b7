-- What is said in a transcript is marked in `said` by how often, for the ranks: the index itself answers what is said twice, six and twenty times.
-- Those from before are counted by the program, one after the other, while they are found already.
ALTER TABLE search_document ADD COLUMN counted boolean NOT NULL DEFAULT false;
