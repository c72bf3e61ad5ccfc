-- A member's spend page asks for one user over a period, whatever all the others used in it.
CREATE INDEX spend_hourly_by_user ON spend_hourly (user_id, hour_at);
