-- A group of users that shares models and a budget. name_key is the lower-cased name.
CREATE TABLE teams (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;
