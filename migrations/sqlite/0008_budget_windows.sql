-- What is settled of a budget in one window.
CREATE TABLE budget_windows (
    budget_id BLOB NOT NULL REFERENCES budgets (id),
    window_start_at INTEGER NOT NULL,
    spent_nanos INTEGER NOT NULL,
    PRIMARY KEY (budget_id, window_start_at)
) STRICT;
