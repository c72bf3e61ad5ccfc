-- Nothing reads calls by user, and every call paid for it: with many users each was another page.
DROP INDEX calls_by_user;
