-- One row per request to the gateway, refused and interrupted ones included. The id is the request id.
-- Ids of who called are kept without references: a record outlives what it names.
CREATE TABLE calls (
    id BLOB NOT NULL PRIMARY KEY,
    node_id BLOB NOT NULL,
    started_at INTEGER NOT NULL,
    duration_micros INTEGER NOT NULL,
    surface TEXT NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER NOT NULL,
    problem_code TEXT,
    user_id BLOB,
    team_id BLOB,
    key_id BLOB,
    model TEXT NOT NULL,
    provider TEXT,
    upstream_model TEXT,
    input_tokens INTEGER NOT NULL,
    cached_input_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cost_nanos INTEGER NOT NULL,
    is_estimated INTEGER NOT NULL,
    is_priced INTEGER NOT NULL,
    raw_usage TEXT,
    verdicts TEXT NOT NULL
) STRICT;
CREATE INDEX calls_by_user ON calls (user_id, id);
