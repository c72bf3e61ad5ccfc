-- A spending limit. subject_key is the team's or user's key, or empty for the instance.
CREATE TABLE budgets (
    id BLOB NOT NULL PRIMARY KEY,
    level TEXT NOT NULL,
    subject_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (level, subject_key)
) STRICT;
