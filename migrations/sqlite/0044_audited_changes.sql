-- Who changed what, from where, from what to what; chained by hash, one chain for each node. Entries from
-- before the chain began have no sequence.
ALTER TABLE audit_entries RENAME COLUMN detail TO after_change;
ALTER TABLE audit_entries ADD COLUMN before_change TEXT;
ALTER TABLE audit_entries ADD COLUMN subject TEXT;
ALTER TABLE audit_entries ADD COLUMN ip TEXT;
ALTER TABLE audit_entries ADD COLUMN user_agent TEXT;
ALTER TABLE audit_entries ADD COLUMN request_id TEXT;
ALTER TABLE audit_entries ADD COLUMN node_id BLOB;
ALTER TABLE audit_entries ADD COLUMN audit_sequence INTEGER;
ALTER TABLE audit_entries ADD COLUMN audit_hash BLOB;
CREATE UNIQUE INDEX audit_entries_by_sequence ON audit_entries (node_id, audit_sequence);
