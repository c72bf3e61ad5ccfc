-- An answer of the Responses API, kept for its owner until expires_at. id is that of the call that asked for
-- it, without a reference: the record may come later than this row. input has the own items of its request;
-- those before are the input and output of previous_id.
CREATE TABLE stored_responses (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL,
    team_id BLOB NOT NULL,
    previous_id BLOB,
    model TEXT NOT NULL,
    status TEXT NOT NULL,
    is_background INTEGER NOT NULL,
    input TEXT NOT NULL,
    response TEXT NOT NULL,
    problem TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX stored_responses_by_end ON stored_responses (expires_at);
CREATE INDEX stored_responses_by_status ON stored_responses (status);
