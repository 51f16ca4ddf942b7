-- What an account needs for people to log in. A token from before credentials_at is worth nothing; provisioned is the SHA-256 of
-- the hash that the settings last gave this account.
ALTER TABLE app_user
    ADD COLUMN is_admin boolean NOT NULL DEFAULT false,
    ADD COLUMN disabled_at timestamptz,
    ADD COLUMN credentials_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN provisioned text;
DROP INDEX app_user_email;
CREATE UNIQUE INDEX app_user_email ON app_user (lower(email));
