-- Where models and prices are asked for: what each has last told that could be read, compressed, and by which
-- headers it is asked whether that has changed; when it was last asked, and why the last answer could not be used.
CREATE TABLE catalog_sources (
    name TEXT NOT NULL PRIMARY KEY,
    etag TEXT,
    last_modified TEXT,
    asked_at INTEGER NOT NULL,
    read_at INTEGER,
    failure TEXT,
    models INTEGER NOT NULL,
    remarks INTEGER NOT NULL,
    facts BLOB
) STRICT;
