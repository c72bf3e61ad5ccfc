-- A spending limit. subject_key is the team's or user's key, or empty for the instance.
CREATE TABLE budgets (
    id BINARY(16) NOT NULL PRIMARY KEY,
    level VARCHAR(255) NOT NULL,
    subject_key VARCHAR(255) NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (level, subject_key)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
