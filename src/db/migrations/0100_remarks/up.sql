-- What a stage's error and warning are in the catalogue: its text by name, with values, to be said in the language of whoever looks.
-- What was written before has none, and is shown as it is.
ALTER TABLE stage_state ADD COLUMN error_remark jsonb, ADD COLUMN warning_remark jsonb;
