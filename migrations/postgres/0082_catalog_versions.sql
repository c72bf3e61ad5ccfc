-- What was synced, version by version: in status `applied` or `refused`, with why, by whom that was decided, and
-- what differs from what was in force. facts is everything that it says, compressed; digest its SHA-256.
CREATE TABLE catalog_versions (
    version BIGINT NOT NULL PRIMARY KEY,
    status VARCHAR(255) NOT NULL,
    made_at BIGINT NOT NULL,
    made_by VARCHAR(255) NOT NULL,
    decided_at BIGINT NOT NULL,
    decided_by VARCHAR(255) NOT NULL,
    sources TEXT NOT NULL,
    models BIGINT NOT NULL,
    added BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    difference TEXT NOT NULL,
    objections TEXT NOT NULL,
    digest BYTEA NOT NULL,
    facts BYTEA NOT NULL
);
