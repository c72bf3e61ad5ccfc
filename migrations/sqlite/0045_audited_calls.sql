-- The place of each call in its node's chain of hashes.
ALTER TABLE calls ADD COLUMN audit_sequence INTEGER;
ALTER TABLE calls ADD COLUMN audit_hash BLOB;
CREATE UNIQUE INDEX calls_by_sequence ON calls (node_id, audit_sequence);
