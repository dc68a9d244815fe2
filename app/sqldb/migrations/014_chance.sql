-- A dead key has one more attempt when a note came since the last one, and a note tells how often it was given out.
ALTER TABLE queue_keys ADD COLUMN fresh {int} NOT NULL DEFAULT 0;  -- 1 where a note came since it was last given out
ALTER TABLE queue_notes ADD COLUMN turns {int} NOT NULL DEFAULT 0; -- how many turns had it, first or not
UPDATE queue_notes SET turns = given WHERE given > 0;
UPDATE queue_notes SET turns = 1 WHERE turns = 0 AND done IS NULL AND seq <= (SELECT k.upto FROM queue_keys k WHERE k.key = queue_notes.key);

-- What is below a key: a range of bytes, whatever the database's order of letters.
CREATE INDEX queue_keys_dead ON queue_keys (key {bytewise}) WHERE dead <> 0;
CREATE INDEX queue_notes_key ON queue_notes (key {bytewise});
