-- Names and special words that are to be expected in the recording, as the person wrote them; empty: none.
ALTER TABLE transcript ADD COLUMN vocabulary text NOT NULL DEFAULT '';
