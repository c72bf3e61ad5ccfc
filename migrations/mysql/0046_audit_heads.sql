-- The last link of each node's chains.
CREATE TABLE audit_heads (
    node_id BINARY(16) NOT NULL,
    chain VARCHAR(255) NOT NULL,
    audit_sequence BIGINT NOT NULL,
    audit_hash BINARY(32) NOT NULL,
    PRIMARY KEY (node_id, chain)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
