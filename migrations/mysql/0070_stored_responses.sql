-- An answer of the Responses API, kept for its owner until expires_at. id is that of the call that asked for
-- it, without a reference: the record may come later than this row. input has the own items of its request;
-- those before are the input and output of previous_id.
CREATE TABLE stored_responses (
    id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BINARY(16) NOT NULL,
    team_id BINARY(16) NOT NULL,
    previous_id BINARY(16),
    model VARCHAR(255) NOT NULL,
    status VARCHAR(255) NOT NULL,
    is_background BIGINT NOT NULL,
    input LONGTEXT NOT NULL,
    response LONGTEXT NOT NULL,
    problem LONGTEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX stored_responses_by_end ON stored_responses (expires_at);
CREATE INDEX stored_responses_by_status ON stored_responses (status);
