-- Exports read corrections in this order, page by page; the index from before is the beginning of this one.
CREATE INDEX correction_lines_in_order ON correction_lines (booked_at, call_id);
DROP INDEX correction_lines_by_booking;
