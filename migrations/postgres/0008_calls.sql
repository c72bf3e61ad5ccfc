-- One row per request to the gateway, refused and interrupted ones included. The id is the request id.
-- Ids of who called are kept without references: a record outlives what it names.
CREATE TABLE calls (
    id UUID NOT NULL PRIMARY KEY,
    node_id UUID NOT NULL,
    started_at BIGINT NOT NULL,
    duration_micros BIGINT NOT NULL,
    surface VARCHAR(255) NOT NULL,
    outcome VARCHAR(255) NOT NULL,
    status BIGINT NOT NULL,
    problem_code VARCHAR(255),
    user_id UUID,
    team_id UUID,
    key_id UUID,
    model VARCHAR(255) NOT NULL,
    provider VARCHAR(255),
    upstream_model VARCHAR(255),
    input_tokens BIGINT NOT NULL,
    cached_input_tokens BIGINT NOT NULL,
    cache_write_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    reasoning_tokens BIGINT NOT NULL,
    cost_nanos BIGINT NOT NULL,
    is_estimated BIGINT NOT NULL,
    is_priced BIGINT NOT NULL,
    raw_usage TEXT,
    verdicts TEXT NOT NULL
);
CREATE INDEX calls_by_user ON calls (user_id, id);
