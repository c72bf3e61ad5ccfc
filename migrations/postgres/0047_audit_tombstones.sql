-- What retention has deleted of a chain: its links up to the last one, whose hash the next one goes on from.
CREATE TABLE audit_tombstones (
    node_id UUID NOT NULL,
    chain VARCHAR(255) NOT NULL,
    last_sequence BIGINT NOT NULL,
    last_hash BYTEA NOT NULL,
    entries BIGINT NOT NULL,
    reason VARCHAR(255) NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (node_id, chain, last_sequence)
);
