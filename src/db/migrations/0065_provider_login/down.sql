-- Sessions of an identity provider end: without these columns they would count as those of a password.
DELETE FROM session WHERE vouched_at IS NOT NULL;
ALTER TABLE session
    DROP COLUMN vouched_at,
    DROP COLUMN renew_at,
    DROP COLUMN provider_tokens;
DROP TABLE provider_login;
