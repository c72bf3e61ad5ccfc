-- What is known of calls that a provider is being asked for, as in the journal, until the ledger has them.
CREATE TABLE open_calls (
    call_id UUID NOT NULL PRIMARY KEY,
    node_id UUID NOT NULL,
    record BYTEA NOT NULL
);
