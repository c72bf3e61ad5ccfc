-- SQLite keeps a table apart from its key unless told otherwise; here the key is the table already.
SELECT 1;
