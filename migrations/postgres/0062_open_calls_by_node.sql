-- What a node that is gone had under way.
CREATE INDEX open_calls_by_node ON open_calls (node_id);
