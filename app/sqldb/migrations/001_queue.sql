-- The notes that were ever added and are still remembered. Times are milliseconds since 1970 by the database's clock, but for
-- "at", which is the note's own, in microseconds.
CREATE TABLE queue_notes (
	seq {id},               -- the order of Add within a key
	id TEXT NOT NULL UNIQUE,
	key TEXT NOT NULL,
	kind TEXT NOT NULL,
	body {bytes} NOT NULL,
	at {int},               -- NULL: the zero time
	due {int} NOT NULL,     -- not before this; 0 is at once
	added {int} NOT NULL,
	given {int} NOT NULL DEFAULT 0, -- how often it was given out
	done {int}              -- NULL until it was worked on
) {strict};
CREATE INDEX queue_notes_waiting ON queue_notes (key, seq) WHERE done IS NULL;
CREATE INDEX queue_notes_done ON queue_notes (done) WHERE done IS NOT NULL;

-- One row per key: its lease and what is known of it. Whoever adds or takes notes of a key locks its row first.
CREATE TABLE queue_keys (
	key TEXT NOT NULL PRIMARY KEY,
	epoch {int} NOT NULL DEFAULT 0, -- counts the leases: the fence
	owner TEXT NOT NULL DEFAULT '', -- who has or had the last one, for people
	until {int} NOT NULL DEFAULT 0, -- end of the lease; 0 where it was given back
	taken {int} NOT NULL DEFAULT 0, -- when the last lease was taken
	upto {int} NOT NULL DEFAULT 0,  -- seq of the last note that it was taken for
	retry {int} NOT NULL DEFAULT 0, -- not before this, after a failure
	woken {int} NOT NULL DEFAULT 0, -- since when a wake-up is on its way; 0: none is
	dead {int} NOT NULL DEFAULT 0,  -- since when it is given out no more; 0: it lives
	err TEXT NOT NULL DEFAULT '',   -- what the last attempt said
	open {int} NOT NULL DEFAULT 0   -- 1 where a note may not be done
) {strict};
CREATE INDEX queue_keys_open ON queue_keys (open, dead, until);
