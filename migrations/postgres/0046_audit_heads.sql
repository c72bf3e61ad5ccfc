-- The last link of each node's chains.
CREATE TABLE audit_heads (
    node_id UUID NOT NULL,
    chain VARCHAR(255) NOT NULL,
    audit_sequence BIGINT NOT NULL,
    audit_hash BYTEA NOT NULL,
    PRIMARY KEY (node_id, chain)
);
