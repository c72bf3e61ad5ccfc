-- Spend by day of UTC: sums of its hours, so that a month or a year is read in a fraction of the rows.
CREATE TABLE spend_daily (
    day_at INTEGER NOT NULL,
    team_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    key_id BLOB NOT NULL,
    model TEXT NOT NULL,
    provider TEXT NOT NULL,
    calls INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    cost_nanos INTEGER NOT NULL,
    unpriced_calls INTEGER NOT NULL,
    PRIMARY KEY (day_at, user_id, key_id, team_id, model, provider)
) STRICT, WITHOUT ROWID;
INSERT INTO spend_daily (day_at, team_id, user_id, key_id, model, provider, calls, tokens, cost_nanos, unpriced_calls)
SELECT hour_at - hour_at % 86400000000, team_id, user_id, key_id, model, provider,
       SUM(calls), SUM(tokens), SUM(cost_nanos), SUM(unpriced_calls)
FROM spend_hourly
GROUP BY hour_at - hour_at % 86400000000, team_id, user_id, key_id, model, provider;
