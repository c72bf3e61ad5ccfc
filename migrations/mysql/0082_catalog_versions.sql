-- What was synced, version by version: in status `applied` or `refused`, with why, by whom that was decided, and
-- what differs from what was in force. facts is everything that it says, compressed; digest its SHA-256.
CREATE TABLE catalog_versions (
    version BIGINT NOT NULL PRIMARY KEY,
    status VARCHAR(255) NOT NULL,
    made_at BIGINT NOT NULL,
    made_by VARCHAR(255) NOT NULL,
    decided_at BIGINT NOT NULL,
    decided_by VARCHAR(255) NOT NULL,
    sources LONGTEXT NOT NULL,
    models BIGINT NOT NULL,
    added BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    difference LONGTEXT NOT NULL,
    objections LONGTEXT NOT NULL,
    digest LONGBLOB NOT NULL,
    facts LONGBLOB NOT NULL
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
