-- What is settled of a budget in one window. The budget's id is derived from whom it binds.
CREATE TABLE budget_windows (
    budget_id BINARY(16) NOT NULL,
    window_start_at BIGINT NOT NULL,
    spent_nanos BIGINT NOT NULL,
    PRIMARY KEY (budget_id, window_start_at)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
