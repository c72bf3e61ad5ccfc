-- A spending limit. subject_key is the team's or user's key, or empty for the instance.
CREATE TABLE budgets (
    id UUID NOT NULL PRIMARY KEY,
    level VARCHAR(255) NOT NULL,
    subject_key VARCHAR(255) NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (level, subject_key)
);
