-- How far each node's journal has been applied; moved in the transaction that applies it.
CREATE TABLE journal_watermarks (
    node_id BLOB NOT NULL PRIMARY KEY,
    segment INTEGER NOT NULL,
    end_offset INTEGER NOT NULL
) STRICT;
