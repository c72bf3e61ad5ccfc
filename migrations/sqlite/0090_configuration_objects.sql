-- Objects of the configuration that administrators manage while gateways run. document is what the configuration file
-- would say, without secrets; these are in sealed, by the master key of the id in sealed_by. version counts changes.
CREATE TABLE configuration_objects (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    sealed BLOB,
    sealed_by TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX configuration_objects_by_name ON configuration_objects (kind, name, id);
