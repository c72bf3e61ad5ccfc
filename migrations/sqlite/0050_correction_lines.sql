-- What is booked about a call after its end: a price that was put right, a refund, a call that reached the
-- ledger after its month was closed. Never an edit: what a call costs is its cost lines and all of these.
-- `booked_at` is when it counts: with the call, or now where the call's month is closed.
CREATE TABLE correction_lines (
    correction_id BLOB NOT NULL,
    call_id BLOB NOT NULL,
    token_class TEXT NOT NULL,
    kind TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    booked_at INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    price_nanos INTEGER NOT NULL,
    cost_nanos INTEGER NOT NULL,
    price_version TEXT,
    reason TEXT NOT NULL,
    PRIMARY KEY (correction_id, call_id, token_class, price_nanos),
    FOREIGN KEY (call_id) REFERENCES calls (id)
) STRICT;
CREATE INDEX correction_lines_by_call ON correction_lines (call_id);
CREATE INDEX correction_lines_by_booking ON correction_lines (booked_at);
