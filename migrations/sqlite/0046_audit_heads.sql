-- The last link of each node's chains.
CREATE TABLE audit_heads (
    node_id BLOB NOT NULL,
    chain TEXT NOT NULL,
    audit_sequence INTEGER NOT NULL,
    audit_hash BLOB NOT NULL,
    PRIMARY KEY (node_id, chain)
) STRICT;
