-- What has happened that somebody should know: a budget's threshold, a model without a price.
-- The occasion tells an event from the next of its kind, so that each is there once, whoever saw it.
CREATE TABLE events (
    id BINARY(16) NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    kind VARCHAR(255) NOT NULL,
    occasion VARCHAR(255) NOT NULL UNIQUE,
    detail LONGTEXT NOT NULL
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
