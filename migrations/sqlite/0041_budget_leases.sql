-- Each node's part of a budget's window: what it may still spend, and what it has settled.
CREATE TABLE budget_leases (
    budget_id BLOB NOT NULL,
    window_start_at INTEGER NOT NULL,
    node_id BLOB NOT NULL,
    leased_nanos INTEGER NOT NULL,
    spent_nanos INTEGER NOT NULL,
    renewed_at INTEGER NOT NULL,
    PRIMARY KEY (budget_id, window_start_at, node_id)
) STRICT;
