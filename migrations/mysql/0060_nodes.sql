-- Nodes whose open calls are in the database: when each was last heard of, and who has taken over
-- what it had under way, if anybody.
CREATE TABLE nodes (
    node_id BINARY(16) NOT NULL PRIMARY KEY,
    heard_at BIGINT NOT NULL,
    adopted_by BINARY(16)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
