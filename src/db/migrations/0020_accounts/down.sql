DROP INDEX app_user_email;
CREATE INDEX app_user_email ON app_user (lower(email));
ALTER TABLE app_user DROP COLUMN is_admin, DROP COLUMN disabled_at, DROP COLUMN credentials_at, DROP COLUMN provisioned;
