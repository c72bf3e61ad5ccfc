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
