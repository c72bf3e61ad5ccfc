-- A person who can sign in. email_key is the lower-cased address; disabled_at ends all access.
CREATE TABLE users (
    id UUID NOT NULL PRIMARY KEY,
    team_id UUID NOT NULL REFERENCES teams (id),
    email VARCHAR(255) NOT NULL,
    email_key VARCHAR(255) NOT NULL UNIQUE,
    name VARCHAR(255) NOT NULL,
    role VARCHAR(255) NOT NULL,
    password_hash VARCHAR(255),
    disabled_at BIGINT,
    created_at BIGINT NOT NULL
);
