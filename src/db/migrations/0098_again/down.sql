DROP TABLE again;
ALTER TABLE untold DROP COLUMN noted_at;
