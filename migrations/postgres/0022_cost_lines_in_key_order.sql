-- SQLite keeps a table apart from its key unless told otherwise; here there is nothing to do.
SELECT 1;
