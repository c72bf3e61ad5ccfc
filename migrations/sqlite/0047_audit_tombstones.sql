-- What retention has deleted of a chain: its links up to the last one, whose hash the next one goes on from.
CREATE TABLE audit_tombstones (
    node_id BLOB NOT NULL,
    chain TEXT NOT NULL,
    last_sequence INTEGER NOT NULL,
    last_hash BLOB NOT NULL,
    entries INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (node_id, chain, last_sequence)
) STRICT;
