-- A message of a conversation; parent_id is the message that it answers or follows.
-- request_id names the call that wrote it, without a reference: the record comes later than this row.
CREATE TABLE messages (
    id UUID NOT NULL PRIMARY KEY,
    conversation_id UUID NOT NULL REFERENCES conversations (id),
    parent_id UUID REFERENCES messages (id),
    author VARCHAR(255) NOT NULL,
    text TEXT NOT NULL,
    status VARCHAR(255) NOT NULL,
    model VARCHAR(255),
    request_id UUID,
    problem TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX messages_by_conversation ON messages (conversation_id, created_at);
CREATE INDEX messages_by_status ON messages (status);
