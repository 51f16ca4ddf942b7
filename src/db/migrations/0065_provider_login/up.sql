-- Browsers that were sent to the identity provider and are not back yet. State and cookie are here by their SHA-256 only.
CREATE TABLE provider_login (
    state_hash text PRIMARY KEY,
    browser_hash text NOT NULL, -- of the cookie of the browser that began it
    nonce text NOT NULL,
    verifier text NOT NULL, -- the secret behind PKCE's challenge
    next text NOT NULL, -- the path that it leads back to
    expires_at timestamptz NOT NULL
);
CREATE INDEX provider_login_end ON provider_login (expires_at);

-- A session that an identity provider vouched for: when it last did, when it is to be asked again, and what it gave for that,
-- sealed with the session's cookie.
ALTER TABLE session
    ADD COLUMN vouched_at timestamptz,
    ADD COLUMN renew_at timestamptz,
    ADD COLUMN provider_tokens text;
