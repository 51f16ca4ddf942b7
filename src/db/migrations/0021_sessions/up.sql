-- Browsers that are logged in. The cookie holds a random text, this table its SHA-256.
CREATE TABLE session (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES app_user ON DELETE CASCADE,
    token_hash text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    user_agent text NOT NULL,
    address text NOT NULL
);
CREATE INDEX session_of_user ON session (user_id, used_at DESC);

-- Logins that failed, or are being checked. The account is a hash of what was typed: somebody may type a password there.
CREATE TABLE login_attempt (
    id uuid PRIMARY KEY,
    account text NOT NULL,
    address text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX login_attempt_account ON login_attempt (account, at);
CREATE INDEX login_attempt_address ON login_attempt (address, at);

-- The code with which the first administrator makes their account.
CREATE TABLE setup_code (
    code_hash text PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
