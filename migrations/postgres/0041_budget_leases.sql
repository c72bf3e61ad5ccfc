-- Each node's part of a budget's window: what it may still spend, and what it has settled.
CREATE TABLE budget_leases (
    budget_id UUID NOT NULL,
    window_start_at BIGINT NOT NULL,
    node_id UUID NOT NULL,
    leased_nanos BIGINT NOT NULL,
    spent_nanos BIGINT NOT NULL,
    renewed_at BIGINT NOT NULL,
    PRIMARY KEY (budget_id, window_start_at, node_id)
);
