-- What callers keep at providers: files, batches and their results. vendor_id is the provider's own, body what it has
-- last said. requests and tokens are the most that the requests in it can use. A batch is billed to request_id with
-- reserved_nanos until settled_at, when its bill was put right; what has no bill is settled from the beginning.
CREATE TABLE provider_objects (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    provider TEXT NOT NULL,
    vendor_id TEXT NOT NULL,
    user_id BLOB NOT NULL,
    team_id BLOB NOT NULL,
    key_id BLOB,
    purpose TEXT,
    model TEXT,
    endpoint TEXT,
    requests INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    longest_input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    request_id BLOB,
    reserved_nanos INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    settled_at INTEGER
) STRICT;
CREATE UNIQUE INDEX provider_objects_by_vendor_id ON provider_objects (vendor_id, kind, provider);
CREATE INDEX provider_objects_by_owner ON provider_objects (user_id, kind, id);
CREATE INDEX provider_objects_by_settlement ON provider_objects (settled_at, id);
