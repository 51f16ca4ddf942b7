-- One version of what a stage made. Never edited; a new run adds a version, and stage_state says which one is shown.
CREATE TABLE output (
    id uuid PRIMARY KEY,
    transcript_id uuid NOT NULL REFERENCES transcript ON DELETE CASCADE,
    stage text NOT NULL CHECK (stage IN
        ('ingest', 'transcribe', 'diarize', 'assemble', 'topics', 'title', 'summarize', 'deliver')),
    version integer NOT NULL CHECK (version > 0),
    run integer NOT NULL,
    complete boolean NOT NULL DEFAULT false,
    method text NOT NULL, -- which model or method made it
    language text,        -- of its text, once known
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (transcript_id, stage, version)
);
-- A stage writes one new version at a time.
CREATE UNIQUE INDEX output_incomplete ON output (transcript_id, stage) WHERE NOT complete;

-- Where each stage of a transcript stands.
CREATE TABLE stage_state (
    transcript_id uuid NOT NULL REFERENCES transcript ON DELETE CASCADE,
    stage text NOT NULL CHECK (stage IN
        ('ingest', 'transcribe', 'diarize', 'assemble', 'topics', 'title', 'summarize', 'deliver')),
    run integer NOT NULL,
    status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'queued', 'running', 'done', 'failed')),
    attempt uuid,                        -- the stage_run that may write; any other is stale
    starts integer NOT NULL DEFAULT 0,   -- starts in this run that never reported back
    progress real NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    started_at timestamptz,
    finished_at timestamptz,
    error text,
    current_output uuid REFERENCES output ON DELETE SET NULL,
    PRIMARY KEY (transcript_id, stage)
);
CREATE INDEX stage_state_output ON stage_state (current_output);

-- Every attempt there was: what happened, and how long such things take here. It outlives the transcript for the latter.
CREATE TABLE stage_run (
    id uuid PRIMARY KEY,
    transcript_id uuid REFERENCES transcript ON DELETE SET NULL,
    stage text NOT NULL,
    run integer NOT NULL,
    worker text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    outcome text CHECK (outcome IN ('done', 'failed', 'retry', 'lost', 'superseded')),
    error text,
    audio_seconds double precision NOT NULL DEFAULT 0
);
CREATE INDEX stage_run_transcript ON stage_run (transcript_id, stage);
CREATE INDEX stage_run_history ON stage_run (stage, finished_at DESC) WHERE outcome = 'done';
