-- What a running stage waits for before its own work, in words for a person: the model being loaded, say.
ALTER TABLE stage_state ADD COLUMN note text;
