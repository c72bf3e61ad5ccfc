-- Nodes whose open calls are in the database: when each was last heard of, and who has taken over
-- what it had under way, if anybody.
CREATE TABLE nodes (
    node_id UUID NOT NULL PRIMARY KEY,
    heard_at BIGINT NOT NULL,
    adopted_by UUID
);
