-- What each token class of a call cost, with the price that was applied (nano-dollars per million).
CREATE TABLE cost_lines (
    call_id BLOB NOT NULL REFERENCES calls (id),
    token_class TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    price_nanos INTEGER NOT NULL,
    cost_nanos INTEGER NOT NULL,
    PRIMARY KEY (call_id, token_class)
) STRICT;
