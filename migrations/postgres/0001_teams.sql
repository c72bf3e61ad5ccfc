-- A group of users that shares models and a budget. name_key is the lower-cased name.
CREATE TABLE teams (
    id UUID NOT NULL PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    name_key VARCHAR(255) NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);
