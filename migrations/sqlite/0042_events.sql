-- What has happened that somebody should know: a budget's threshold, a model without a price.
-- The occasion tells an event from the next of its kind, so that each is there once, whoever saw it.
CREATE TABLE events (
    id BLOB NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    occasion TEXT NOT NULL UNIQUE,
    detail TEXT NOT NULL
) STRICT;
