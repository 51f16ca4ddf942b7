-- People with accounts. Names follow the ancestor's API; authentik_uid is the subject of whichever identity provider is used.
CREATE TABLE app_user (
    id uuid PRIMARY KEY,
    email text,
    authentik_uid text UNIQUE,
    password_hash text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX app_user_email ON app_user (lower(email));
