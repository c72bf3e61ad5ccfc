-- An answer of the Responses API, kept for its owner until expires_at. id is that of the call that asked for
-- it, without a reference: the record may come later than this row. input has the own items of its request;
-- those before are the input and output of previous_id.
CREATE TABLE stored_responses (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL,
    team_id UUID NOT NULL,
    previous_id UUID,
    model VARCHAR(255) NOT NULL,
    status VARCHAR(255) NOT NULL,
    is_background BIGINT NOT NULL,
    input TEXT NOT NULL,
    response TEXT NOT NULL,
    problem TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX stored_responses_by_end ON stored_responses (expires_at);
CREATE INDEX stored_responses_by_status ON stored_responses (status);
