-- What the processes that work on speech have in memory, so that pages can say so: they are served by other processes.
CREATE TABLE engine_state (
    worker text PRIMARY KEY, -- host and process
    model text NOT NULL,
    device text,             -- null until an engine runs
    numbers text,            -- what it computes with: f32, bf16, f16, int8
    loaded boolean NOT NULL,
    failure text,            -- why the models could not be loaded
    memory_bytes bigint NOT NULL,
    seen_at timestamptz NOT NULL
);
