-- By user first within an hour: so one user's hours are found in the key itself, and no index has to be kept
-- in which every user has a place of their own.
ALTER TABLE spend_hourly DROP PRIMARY KEY, ADD PRIMARY KEY (hour_at, user_id, key_id, team_id, model, provider);
