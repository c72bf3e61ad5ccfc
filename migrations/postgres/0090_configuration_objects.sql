-- Objects of the configuration that administrators manage while gateways run. document is what the configuration file
-- would say, without secrets; these are in sealed, by the master key of the id in sealed_by. version counts changes.
CREATE TABLE configuration_objects (
    id UUID NOT NULL PRIMARY KEY,
    kind VARCHAR(255) NOT NULL,
    name VARCHAR(255) NOT NULL,
    document TEXT NOT NULL,
    sealed BYTEA,
    sealed_by VARCHAR(255),
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX configuration_objects_by_name ON configuration_objects (kind, name, id);
