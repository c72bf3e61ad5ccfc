-- A person who can sign in. email_key is the lower-cased address; disabled_at ends all access.
CREATE TABLE users (
    id BINARY(16) NOT NULL PRIMARY KEY,
    team_id BINARY(16) NOT NULL,
    email VARCHAR(255) NOT NULL,
    email_key VARCHAR(255) NOT NULL UNIQUE,
    name VARCHAR(255) NOT NULL,
    role VARCHAR(255) NOT NULL,
    password_hash VARCHAR(255),
    disabled_at BIGINT,
    created_at BIGINT NOT NULL,
    FOREIGN KEY (team_id) REFERENCES teams (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
