-- What nodes have taken out of a window but not settled yet, and when one of them last found too little.
ALTER TABLE budget_windows ADD COLUMN leased_nanos BIGINT NOT NULL DEFAULT 0;
ALTER TABLE budget_windows ADD COLUMN wanted_at BIGINT NOT NULL DEFAULT 0;
