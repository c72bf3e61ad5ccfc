-- Spend by day of UTC: sums of its hours, so that a month or a year is read in a fraction of the rows.
CREATE TABLE spend_daily (
    day_at BIGINT NOT NULL,
    team_id UUID NOT NULL,
    user_id UUID NOT NULL,
    key_id UUID NOT NULL,
    model VARCHAR(255) NOT NULL,
    provider VARCHAR(255) NOT NULL,
    calls BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    cost_nanos BIGINT NOT NULL,
    unpriced_calls BIGINT NOT NULL,
    PRIMARY KEY (day_at, user_id, key_id, team_id, model, provider)
);
INSERT INTO spend_daily (day_at, team_id, user_id, key_id, model, provider, calls, tokens, cost_nanos, unpriced_calls)
SELECT hour_at - hour_at % 86400000000, team_id, user_id, key_id, model, provider,
       SUM(calls), SUM(tokens), SUM(cost_nanos), SUM(unpriced_calls)
FROM spend_hourly
GROUP BY hour_at - hour_at % 86400000000, team_id, user_id, key_id, model, provider;
