-- A chat conversation. Its messages form a tree; head_id is the last message of the shown path.
-- deleted_at hides it from everyone; the records of its calls are kept apart and stay.
CREATE TABLE conversations (
    id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BINARY(16) NOT NULL,
    title VARCHAR(255) NOT NULL,
    model VARCHAR(255) NOT NULL,
    head_id BINARY(16),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    FOREIGN KEY (user_id) REFERENCES users (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX conversations_by_user ON conversations (user_id, updated_at);
