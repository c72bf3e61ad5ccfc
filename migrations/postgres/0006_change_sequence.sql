-- One row that every change of keys, sessions, users or teams raises, so that other replicas see it.
CREATE TABLE change_sequence (
    id BIGINT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO change_sequence (id, value) VALUES (1, 0);
