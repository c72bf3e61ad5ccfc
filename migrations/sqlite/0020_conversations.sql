-- A chat conversation. Its messages form a tree; head_id is the last message of the shown path.
-- deleted_at hides it from everyone; the records of its calls are kept apart and stay.
CREATE TABLE conversations (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id),
    title TEXT NOT NULL,
    model TEXT NOT NULL,
    head_id BLOB,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;
CREATE INDEX conversations_by_user ON conversations (user_id, updated_at);
