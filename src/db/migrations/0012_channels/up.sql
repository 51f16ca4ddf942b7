-- How many channels of the recording carry a side of their own and are heard each by itself; 1 where all is heard as one.
ALTER TABLE transcript ADD COLUMN channels smallint NOT NULL DEFAULT 1 CHECK (channels > 0);
ALTER TABLE segment ADD COLUMN channel smallint NOT NULL DEFAULT 0 CHECK (channel >= 0);
-- NULL: found in the mix of all channels.
ALTER TABLE turn ADD COLUMN channel smallint DEFAULT 0 CHECK (channel >= 0);
