-- Who changed what, from where, from what to what; chained by hash, one chain for each node. Entries from
-- before the chain began have no sequence.
ALTER TABLE audit_entries RENAME COLUMN detail TO after_change;
ALTER TABLE audit_entries ADD COLUMN before_change LONGTEXT;
ALTER TABLE audit_entries ADD COLUMN subject VARCHAR(255);
ALTER TABLE audit_entries ADD COLUMN ip VARCHAR(255);
ALTER TABLE audit_entries ADD COLUMN user_agent LONGTEXT;
ALTER TABLE audit_entries ADD COLUMN request_id VARCHAR(255);
ALTER TABLE audit_entries ADD COLUMN node_id BINARY(16);
ALTER TABLE audit_entries ADD COLUMN audit_sequence BIGINT;
ALTER TABLE audit_entries ADD COLUMN audit_hash BINARY(32);
CREATE UNIQUE INDEX audit_entries_by_sequence ON audit_entries (node_id, audit_sequence);
