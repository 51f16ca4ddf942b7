ALTER TABLE stage_state DROP COLUMN note;
