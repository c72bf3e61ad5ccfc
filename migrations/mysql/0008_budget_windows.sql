-- What is settled of a budget in one window.
CREATE TABLE budget_windows (
    budget_id BINARY(16) NOT NULL,
    window_start_at BIGINT NOT NULL,
    spent_nanos BIGINT NOT NULL,
    PRIMARY KEY (budget_id, window_start_at),
    FOREIGN KEY (budget_id) REFERENCES budgets (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
