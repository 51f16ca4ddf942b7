ALTER TABLE upload_part DROP COLUMN take;

-- What is still being made ends with what has arrived; where nothing has, it waits for its first part.
UPDATE recording SET total_parts = coalesce((SELECT max(part) + 1 FROM upload_part WHERE recording_id = recording.id), 1)
    WHERE total_parts IS NULL;
ALTER TABLE recording DROP CONSTRAINT recording_end_check;
ALTER TABLE recording ALTER COLUMN total_parts SET NOT NULL;
