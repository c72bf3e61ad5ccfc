-- An auditor asks who, what and in which request; a period is read by the ids, which tell the time.
CREATE INDEX audit_entries_by_actor ON audit_entries (actor, id);
CREATE INDEX audit_entries_by_resource ON audit_entries (resource, id);
CREATE INDEX audit_entries_by_request ON audit_entries (request_id, id);
