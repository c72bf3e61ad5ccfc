-- The items of an answer that is kept, by the ids under which its owner may name them; without a reference: they
-- go with the row of stored_responses.
CREATE TABLE stored_items (
    response_id UUID NOT NULL,
    item_id VARCHAR(255) NOT NULL,
    PRIMARY KEY (response_id, item_id)
);
CREATE INDEX stored_items_by_item ON stored_items (item_id);
