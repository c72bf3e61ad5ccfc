-- Which version of what was synced about models is in force (0: none), how often what administrators say has
-- changed, when the last sync ended, and which node is syncing, until when nobody else does.
CREATE TABLE catalog_state (
    id INTEGER NOT NULL PRIMARY KEY,
    in_force INTEGER NOT NULL,
    override_changes INTEGER NOT NULL,
    synced_at INTEGER NOT NULL,
    sync_node BLOB,
    sync_until INTEGER NOT NULL
) STRICT;
INSERT INTO catalog_state (id, in_force, override_changes, synced_at, sync_until) VALUES (1, 0, 0, 0, 0);
