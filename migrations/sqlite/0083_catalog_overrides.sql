-- What administrators say of models in place of what sources say: place and model as in a snapshot, facts as JSON.
CREATE TABLE catalog_overrides (
    place TEXT NOT NULL,
    model TEXT NOT NULL,
    facts TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (place, model)
) STRICT;
