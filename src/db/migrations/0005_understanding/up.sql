-- What was understood: each row carries the times, in seconds, that it rests on.
CREATE TABLE topic (
    id uuid PRIMARY KEY,
    output_id uuid NOT NULL REFERENCES output ON DELETE CASCADE,
    idx integer NOT NULL CHECK (idx >= 0),
    start double precision NOT NULL,
    "end" double precision NOT NULL,
    title text NOT NULL,
    summary text NOT NULL,
    UNIQUE (output_id, idx),
    CONSTRAINT topic_order CHECK ("end" >= start)
);

CREATE TABLE headline (
    output_id uuid PRIMARY KEY REFERENCES output ON DELETE CASCADE,
    title text NOT NULL
);

CREATE TABLE summary_sentence (
    output_id uuid NOT NULL REFERENCES output ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('short', 'long')),
    idx integer NOT NULL CHECK (idx >= 0),
    heading text, -- of the section it stands in; long summaries only
    text text NOT NULL,
    start double precision NOT NULL,
    "end" double precision NOT NULL,
    PRIMARY KEY (output_id, kind, idx),
    CONSTRAINT summary_sentence_order CHECK ("end" >= start)
);

CREATE TABLE action_item (
    id uuid PRIMARY KEY,
    output_id uuid NOT NULL REFERENCES output ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('decision', 'next_step')),
    idx integer NOT NULL CHECK (idx >= 0),
    text text NOT NULL,
    assignee text, -- who does it, or who decided
    deadline text,
    context text,
    start double precision NOT NULL,
    "end" double precision NOT NULL,
    UNIQUE (output_id, kind, idx),
    CONSTRAINT action_item_order CHECK ("end" >= start)
);
