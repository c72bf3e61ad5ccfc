-- Months that are closed, or about to be: without a manifest the closing has not come to its end and goes on
-- when it is asked for again. `heads` says how far each node's chain of calls went when the books were closed.
CREATE TABLE billing_periods (
    month_start_at BIGINT NOT NULL PRIMARY KEY,
    month_end_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL,
    closed_by VARCHAR(255) NOT NULL,
    heads LONGTEXT,
    call_count BIGINT,
    line_count BIGINT,
    cost_nanos BIGINT,
    manifest LONGTEXT
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
