-- Keys for scripts. The key is shown once; here are its SHA-256 and its beginning. One that was revoked stays, so that what it did
-- can be told.
CREATE TABLE user_api_key (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES app_user ON DELETE CASCADE,
    name text,
    key_hash text NOT NULL UNIQUE,
    prefix text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX user_api_key_user ON user_api_key (user_id, created_at DESC);
