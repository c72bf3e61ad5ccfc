-- Every node asks several times a second for the windows that are open; those that are over stay.
CREATE INDEX budget_windows_by_start ON budget_windows (window_start_at);
