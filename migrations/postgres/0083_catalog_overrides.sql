-- What administrators say of models in place of what sources say: place and model as in a snapshot, facts as JSON.
CREATE TABLE catalog_overrides (
    place VARCHAR(255) NOT NULL,
    model VARCHAR(255) NOT NULL,
    facts TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by VARCHAR(255) NOT NULL,
    PRIMARY KEY (place, model)
);
