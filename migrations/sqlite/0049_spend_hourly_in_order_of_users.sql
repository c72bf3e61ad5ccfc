-- By user first within an hour: so one user's hours are found in the key itself, and no index has to be kept
-- in which every user has a place of their own.
CREATE TABLE ordered_spend_hourly (
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
    PRIMARY KEY (hour_at, user_id, key_id, team_id, model, provider)
) STRICT, WITHOUT ROWID;
INSERT INTO ordered_spend_hourly (hour_at, team_id, user_id, key_id, model, provider, calls, tokens, cost_nanos, unpriced_calls)
SELECT hour_at, team_id, user_id, key_id, model, provider, calls, tokens, cost_nanos, unpriced_calls FROM spend_hourly;
DROP TABLE spend_hourly;
ALTER TABLE ordered_spend_hourly RENAME TO spend_hourly;
