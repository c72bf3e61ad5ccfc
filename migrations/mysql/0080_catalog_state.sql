-- Which version of what was synced about models is in force (0: none), how often what administrators say has
-- changed, when the last sync ended, and which node is syncing, until when nobody else does.
CREATE TABLE catalog_state (
    id BIGINT NOT NULL PRIMARY KEY,
    in_force BIGINT NOT NULL,
    override_changes BIGINT NOT NULL,
    synced_at BIGINT NOT NULL,
    sync_node BINARY(16),
    sync_until BIGINT NOT NULL
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO catalog_state (id, in_force, override_changes, synced_at, sync_until) VALUES (1, 0, 0, 0, 0);
