-- A message of a conversation; parent_id is the message that it answers or follows.
-- request_id names the call that wrote it, without a reference: the record comes later than this row.
CREATE TABLE messages (
    id BLOB NOT NULL PRIMARY KEY,
    conversation_id BLOB NOT NULL REFERENCES conversations (id),
    parent_id BLOB REFERENCES messages (id),
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    status TEXT NOT NULL,
    model TEXT,
    request_id BLOB,
    problem TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_by_conversation ON messages (conversation_id, created_at);
CREATE INDEX messages_by_status ON messages (status);
