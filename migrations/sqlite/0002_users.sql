-- A person who can sign in. email_key is the lower-cased address; disabled_at ends all access.
CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    team_id BLOB NOT NULL REFERENCES teams (id),
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT,
    disabled_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
