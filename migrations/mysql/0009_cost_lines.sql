-- What each token class of a call cost, with the price that was applied (nano-dollars per million).
CREATE TABLE cost_lines (
    call_id BINARY(16) NOT NULL,
    token_class VARCHAR(255) NOT NULL,
    tokens BIGINT NOT NULL,
    price_nanos BIGINT NOT NULL,
    cost_nanos BIGINT NOT NULL,
    PRIMARY KEY (call_id, token_class),
    FOREIGN KEY (call_id) REFERENCES calls (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
