-- Token classes with prices of their own, and by which price and in which tier a call was billed.
ALTER TABLE calls ADD COLUMN cache_write_1h_tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN audio_input_tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN audio_output_tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN image_input_tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN image_output_tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN price_version VARCHAR(255);
ALTER TABLE calls ADD COLUMN service_tier VARCHAR(255);
