-- By which other name than its own a model was asked for.
ALTER TABLE calls ADD COLUMN asked_model TEXT;
