-- A message of a conversation; parent_id is the message that it answers or follows.
-- request_id names the call that wrote it, without a reference: the record comes later than this row.
CREATE TABLE messages (
    id BINARY(16) NOT NULL PRIMARY KEY,
    conversation_id BINARY(16) NOT NULL,
    parent_id BINARY(16),
    author VARCHAR(255) NOT NULL,
    text LONGTEXT NOT NULL,
    status VARCHAR(255) NOT NULL,
    model VARCHAR(255),
    request_id BINARY(16),
    problem LONGTEXT,
    created_at BIGINT NOT NULL,
    FOREIGN KEY (conversation_id) REFERENCES conversations (id),
    FOREIGN KEY (parent_id) REFERENCES messages (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX messages_by_conversation ON messages (conversation_id, created_at);
CREATE INDEX messages_by_status ON messages (status);
