-- A recording that is still being made: nobody knows yet of how many parts it will be.
ALTER TABLE recording ALTER COLUMN total_parts DROP NOT NULL;
ALTER TABLE recording ADD CONSTRAINT recording_end_check CHECK (status = 'pending' OR total_parts IS NOT NULL);

-- Which take a part belongs to: whoever goes on after an interruption begins a media file of its own.
ALTER TABLE upload_part ADD COLUMN take smallint NOT NULL DEFAULT 0 CHECK (take >= 0);
