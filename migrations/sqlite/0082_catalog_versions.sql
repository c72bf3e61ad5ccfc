-- What was synced, version by version: in status `applied` or `refused`, with why, by whom that was decided, and
-- what differs from what was in force. facts is everything that it says, compressed; digest its SHA-256.
CREATE TABLE catalog_versions (
    version INTEGER NOT NULL PRIMARY KEY,
    status TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    decided_by TEXT NOT NULL,
    sources TEXT NOT NULL,
    models INTEGER NOT NULL,
    added INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    difference TEXT NOT NULL,
    objections TEXT NOT NULL,
    digest BLOB NOT NULL,
    facts BLOB NOT NULL
) STRICT;
