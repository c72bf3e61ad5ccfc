-- Every node asks several times a second for its leases of the open windows; those that are over stay.
CREATE INDEX budget_leases_by_node ON budget_leases (node_id, window_start_at);
