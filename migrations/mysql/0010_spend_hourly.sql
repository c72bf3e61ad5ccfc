-- Spend by hour and every dimension, written with the calls; dashboards read this. Sixteen zero bytes
-- stand for "none" because a key column cannot be empty.
CREATE TABLE spend_hourly (
    hour_at BIGINT NOT NULL,
    team_id BINARY(16) NOT NULL,
    user_id BINARY(16) NOT NULL,
    key_id BINARY(16) NOT NULL,
    model VARCHAR(255) NOT NULL,
    provider VARCHAR(255) NOT NULL,
    calls BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    cost_nanos BIGINT NOT NULL,
    unpriced_calls BIGINT NOT NULL,
    PRIMARY KEY (hour_at, team_id, user_id, key_id, model, provider)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
