-- What callers keep at providers: files, batches and their results. vendor_id is the provider's own, body what it has
-- last said. requests and tokens are the most that the requests in it can use. A batch is billed to request_id with
-- reserved_nanos until settled_at, when its bill was put right; what has no bill is settled from the beginning.
CREATE TABLE provider_objects (
    id BINARY(16) NOT NULL PRIMARY KEY,
    kind VARCHAR(32) NOT NULL,
    provider VARCHAR(255) NOT NULL,
    vendor_id VARCHAR(255) NOT NULL,
    user_id BINARY(16) NOT NULL,
    team_id BINARY(16) NOT NULL,
    key_id BINARY(16),
    purpose VARCHAR(255),
    model VARCHAR(255),
    endpoint VARCHAR(255),
    requests BIGINT NOT NULL,
    input_tokens BIGINT NOT NULL,
    longest_input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    request_id BINARY(16),
    reserved_nanos BIGINT NOT NULL,
    body LONGTEXT NOT NULL,
    created_at BIGINT NOT NULL,
    settled_at BIGINT
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE UNIQUE INDEX provider_objects_by_vendor_id ON provider_objects (vendor_id, kind, provider);
CREATE INDEX provider_objects_by_owner ON provider_objects (user_id, kind, id);
CREATE INDEX provider_objects_by_settlement ON provider_objects (settled_at, id);
