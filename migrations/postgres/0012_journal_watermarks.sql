-- How far each node's journal has been applied; moved in the transaction that applies it.
CREATE TABLE journal_watermarks (
    node_id UUID NOT NULL PRIMARY KEY,
    segment BIGINT NOT NULL,
    end_offset BIGINT NOT NULL
);
