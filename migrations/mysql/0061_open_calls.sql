-- What is known of calls that a provider is being asked for, as in the journal, until the ledger has them.
CREATE TABLE open_calls (
    call_id BINARY(16) NOT NULL PRIMARY KEY,
    node_id BINARY(16) NOT NULL,
    record LONGBLOB NOT NULL
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
