-- Up to when the books are closed: nothing is booked before that any more. One row, which every writer of
-- the ledger holds on to, so that no booking slips in while a month is being closed.
CREATE TABLE billing_state (
    id INTEGER NOT NULL PRIMARY KEY,
    closed_until INTEGER NOT NULL
) STRICT;
INSERT INTO billing_state (id, closed_until) VALUES (1, 0);
