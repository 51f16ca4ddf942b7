-- A stretch of speech with its words as packed arrays: four arrays of one length. Times are seconds.
CREATE TABLE segment (
    output_id uuid NOT NULL REFERENCES output ON DELETE CASCADE,
    idx integer NOT NULL CHECK (idx >= 0),
    start double precision NOT NULL,
    "end" double precision NOT NULL,
    speaker integer CHECK (speaker >= 0),
    text text NOT NULL,
    word_text text[] NOT NULL,
    word_start double precision[] NOT NULL,
    word_end double precision[] NOT NULL,
    word_probability real[] NOT NULL,
    PRIMARY KEY (output_id, idx),
    CONSTRAINT segment_order CHECK ("end" >= start),
    CONSTRAINT segment_words CHECK (
        cardinality(word_start) = cardinality(word_text)
        AND cardinality(word_end) = cardinality(word_text)
        AND cardinality(word_probability) = cardinality(word_text)
    )
);

-- Who spoke when, by number from 0; turns may overlap.
CREATE TABLE turn (
    output_id uuid NOT NULL REFERENCES output ON DELETE CASCADE,
    idx integer NOT NULL CHECK (idx >= 0),
    start double precision NOT NULL,
    "end" double precision NOT NULL,
    speaker integer NOT NULL CHECK (speaker >= 0),
    PRIMARY KEY (output_id, idx),
    CONSTRAINT turn_order CHECK ("end" >= start)
);

-- The voice of each speaker, to be compared with other recordings later.
CREATE TABLE voice (
    output_id uuid NOT NULL REFERENCES output ON DELETE CASCADE,
    speaker integer NOT NULL CHECK (speaker >= 0),
    embedding real[] NOT NULL,
    PRIMARY KEY (output_id, speaker)
);
