-- What is booked about a call after its end: a price that was put right, a refund, a call that reached the
-- ledger after its month was closed. Never an edit: what a call costs is its cost lines and all of these.
-- `booked_at` is when it counts: with the call, or now where the call's month is closed.
CREATE TABLE correction_lines (
    correction_id BINARY(16) NOT NULL,
    call_id BINARY(16) NOT NULL,
    token_class VARCHAR(255) NOT NULL,
    kind VARCHAR(255) NOT NULL,
    made_at BIGINT NOT NULL,
    booked_at BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    price_nanos BIGINT NOT NULL,
    cost_nanos BIGINT NOT NULL,
    price_version VARCHAR(255),
    reason LONGTEXT NOT NULL,
    PRIMARY KEY (correction_id, call_id, token_class, price_nanos),
    FOREIGN KEY (call_id) REFERENCES calls (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX correction_lines_by_call ON correction_lines (call_id);
CREATE INDEX correction_lines_by_booking ON correction_lines (booked_at);
