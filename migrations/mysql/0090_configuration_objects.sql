-- Objects of the configuration that administrators manage while gateways run. document is what the configuration file
-- would say, without secrets; these are in sealed, by the master key of the id in sealed_by. version counts changes.
CREATE TABLE configuration_objects (
    id BINARY(16) NOT NULL PRIMARY KEY,
    kind VARCHAR(255) NOT NULL,
    name VARCHAR(255) NOT NULL,
    document LONGTEXT NOT NULL,
    sealed LONGBLOB,
    sealed_by VARCHAR(255),
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX configuration_objects_by_name ON configuration_objects (kind, name, id);
