-- Administrative changes, written in the transaction of the change.
CREATE TABLE audit_entries (
    id UUID NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor VARCHAR(255) NOT NULL,
    action VARCHAR(255) NOT NULL,
    resource VARCHAR(255) NOT NULL,
    detail TEXT NOT NULL
);
