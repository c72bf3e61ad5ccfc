-- Where models and prices are asked for: what each has last told that could be read, compressed, and by which
-- headers it is asked whether that has changed; when it was last asked, and why the last answer could not be used.
CREATE TABLE catalog_sources (
    name VARCHAR(255) NOT NULL PRIMARY KEY,
    etag VARCHAR(255),
    last_modified VARCHAR(255),
    asked_at BIGINT NOT NULL,
    read_at BIGINT,
    failure TEXT,
    models BIGINT NOT NULL,
    remarks BIGINT NOT NULL,
    facts BYTEA
);
