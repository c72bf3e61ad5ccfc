-- One row that every change of keys, sessions, users or teams raises, so that other replicas see it.
CREATE TABLE change_sequence (
    id INTEGER NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO change_sequence (id, value) VALUES (1, 0);
