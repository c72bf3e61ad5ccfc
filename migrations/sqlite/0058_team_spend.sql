-- Spend by team, model and provider: sums over the people, by hour for series of any time zone, and by day
-- of UTC.
CREATE TABLE team_spend_hourly (
    hour_at INTEGER NOT NULL,
    team_id BLOB NOT NULL,
    model TEXT NOT NULL,
    provider TEXT NOT NULL,
    calls INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    cost_nanos INTEGER NOT NULL,
    unpriced_calls INTEGER NOT NULL,
    PRIMARY KEY (hour_at, team_id, model, provider)
) STRICT, WITHOUT ROWID;
INSERT INTO team_spend_hourly
SELECT hour_at, team_id, model, provider, SUM(calls), SUM(tokens), SUM(cost_nanos), SUM(unpriced_calls)
FROM spend_hourly
GROUP BY hour_at, team_id, model, provider;
CREATE TABLE team_spend_daily (
    day_at INTEGER NOT NULL,
    team_id BLOB NOT NULL,
    model TEXT NOT NULL,
    provider TEXT NOT NULL,
    calls INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    cost_nanos INTEGER NOT NULL,
    unpriced_calls INTEGER NOT NULL,
    PRIMARY KEY (day_at, team_id, model, provider)
) STRICT, WITHOUT ROWID;
INSERT INTO team_spend_daily
SELECT hour_at - hour_at % 86400000000, team_id, model, provider, SUM(calls), SUM(tokens), SUM(cost_nanos), SUM(unpriced_calls)
FROM spend_hourly
GROUP BY hour_at - hour_at % 86400000000, team_id, model, provider;
-- Hours are read by their key: they are kept in its order, without a second copy of it in an index.
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
    PRIMARY KEY (hour_at, team_id, user_id, key_id, model, provider)
) STRICT, WITHOUT ROWID;
INSERT INTO ordered_spend_hourly (hour_at, team_id, user_id, key_id, model, provider, calls, tokens, cost_nanos, unpriced_calls)
SELECT hour_at, team_id, user_id, key_id, model, provider, calls, tokens, cost_nanos, unpriced_calls FROM spend_hourly;
DROP TABLE spend_hourly;
ALTER TABLE ordered_spend_hourly RENAME TO spend_hourly;
CREATE INDEX spend_hourly_by_user ON spend_hourly (user_id, hour_at);
