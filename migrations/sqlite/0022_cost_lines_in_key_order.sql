-- Cost lines are read by their call: they are kept in the order of their key, without a second copy
-- of it in an index.
CREATE TABLE ordered_cost_lines (
    call_id BLOB NOT NULL REFERENCES calls (id) DEFERRABLE INITIALLY DEFERRED,
    token_class TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    price_nanos INTEGER NOT NULL,
    cost_nanos INTEGER NOT NULL,
    PRIMARY KEY (call_id, token_class)
) STRICT, WITHOUT ROWID;
INSERT INTO ordered_cost_lines (call_id, token_class, tokens, price_nanos, cost_nanos)
SELECT call_id, token_class, tokens, price_nanos, cost_nanos FROM cost_lines;
DROP TABLE cost_lines;
ALTER TABLE ordered_cost_lines RENAME TO cost_lines;
