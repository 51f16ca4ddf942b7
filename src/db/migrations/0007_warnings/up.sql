-- What a person should know about a stage that did its work: a recording that was cut short, say.
ALTER TABLE stage_state ADD COLUMN warning text;
