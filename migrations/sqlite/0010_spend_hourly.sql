-- Spend by hour and every dimension, written with the calls; dashboards read this. Sixteen zero bytes
-- stand for "none" because a key column cannot be empty.
CREATE TABLE spend_hourly (
    hour_at INTEGER NOT NULL,
    team_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    key_id BLOB NOT NULL,
    model TEXT NOT NULL,
    provider TEXT NOT NULL,
    calls INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    cost_nanos INTEGER NOT NULL,
    unpriced_calls INTEGER NOT NULL,
    PRIMARY KEY (hour_at, team_id, user_id, key_id, model, provider)
) STRICT;
