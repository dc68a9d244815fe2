package sqlqueue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pertask/pertask/app/queue"
)

// most is how many notes one turn has at most. With bodies of queue.MaxBody that is 32 MiB.
const most = 512

// lease is a key that is this worker's, until it is given back or another takes it.
type lease struct {
	q     *Queue
	key   string
	epoch int64
	from  int64 // seq of the first note of the turn
	upto  int64 // and of the last
	notes []queue.Note
	dead  bool           // it was, and has one more attempt
	turns map[string]int // of each note, by ID: how many had it, with this one
	tries int            // how often a turn began with the first note, with this one
	safe  time.Time      // until then it is certainly ours, if it is not renewed: counted from before the database was asked
}

// keyRow is what a locked row of queue_keys says.
type keyRow struct {
	epoch, until, retry, dead, now int64
	chance                         bool // one more attempt, where it is dead
}

func lockKey(ctx context.Context, t tx, key string) (row keyRow, ok bool, err error) {
	text := "SELECT epoch, until, retry, dead, {now}, fresh = 1 AND " + rested + " FROM queue_keys WHERE key = $1 {lock}"
	ok, err = one(ctx, t, []any{&row.epoch, &row.until, &row.retry, &row.dead, &row.now, &row.chance}, text, key)
	if err != nil {
		return row, false, fmt.Errorf("locking key %q: %w", key, err)
	}
	return row, ok, nil
}

// take gives a key to this worker. It returns nil where there is nothing to do: another has it, it is dead, or no note of it
// waits.
func (q *Queue) take(ctx context.Context, key string) (*lease, error) {
	var l *lease
	asked := time.Now()
	err := q.inTx(ctx, func(t tx) error {
		l = nil
		row, ok, err := lockKey(ctx, t, key)
		if err != nil || !ok {
			return err
		}
		if row.until > row.now || row.dead != 0 && !row.chance || row.retry > row.now {
			_, err := t.exec(ctx, "UPDATE queue_keys SET woken = 0 WHERE key = $1", key)
			return err
		}
		l, err = q.lease(ctx, t, key, row)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("taking key %q: %w", key, err)
	}
	if l != nil {
		l.safe = asked.Add(q.opts.Lease)
	}
	return l, nil
}

// lease makes the lease of a locked key that is free.
func (q *Queue) lease(ctx context.Context, t tx, key string, row keyRow) (*lease, error) {
	l := &lease{q: q, key: key, epoch: row.epoch + 1, turns: map[string]int{}, dead: row.dead != 0}
	if err := l.read(ctx, t, row.now); err != nil {
		return nil, err
	}
	switch {
	case len(l.notes) == 0: // until the time of the first has come, which the sweep sees
		const text = "UPDATE queue_keys SET woken = 0, until = 0, open = CASE WHEN EXISTS (SELECT 1 FROM queue_notes n WHERE n.key = $1 AND n.done IS NULL) THEN 1 ELSE 0 END WHERE key = $1"
		_, err := t.exec(ctx, text, key)
		return nil, err
	case l.tries > queue.MaxAttempts && !l.dead: // its worker died in the last one
		const text = "UPDATE queue_keys SET woken = 0, until = 0, dead = {now}, err = '' WHERE key = $1"
		_, err := t.exec(ctx, text, key)
		return nil, err
	}
	// Only the first counts as an attempt: a turn that gets further each time is never given up.
	const given = "UPDATE queue_notes SET turns = turns + 1, given = given + CASE WHEN seq = $2 THEN 1 ELSE 0 END WHERE key = $1 AND done IS NULL AND seq <= $3"
	if _, err := t.exec(ctx, given, key, l.from, l.upto); err != nil {
		return nil, err
	}
	const text = "UPDATE queue_keys SET woken = 0, fresh = 0, epoch = $2, owner = $3, taken = {now}, until = {now} + $4, upto = $5 WHERE key = $1"
	_, err := t.exec(ctx, text, key, l.epoch, q.opts.Owner, q.opts.Lease.Milliseconds(), l.upto)
	return l, err
}

// read reads the notes that wait, up to the first whose time has not come.
func (l *lease) read(ctx context.Context, t tx, now int64) error {
	const text = "SELECT seq, id, kind, body, at, due, given, turns FROM queue_notes WHERE key = $1 AND done IS NULL ORDER BY seq LIMIT $2"
	r, err := t.query(ctx, text, l.key, most)
	if err != nil {
		return err
	}
	defer r.Close()
	for r.Next() {
		var seq, due int64
		var at sql.NullInt64
		var given, turns int
		n := queue.Note{Key: l.key}
		if err := r.Scan(&seq, &n.ID, &n.Kind, &n.Body, &at, &due, &given, &turns); err != nil {
			return err
		}
		if due > now {
			break
		}
		if at.Valid {
			n.At = time.UnixMicro(at.Int64).UTC()
		}
		if due != 0 {
			n.After = time.UnixMilli(due).UTC()
		}
		if len(l.notes) == 0 {
			l.from, l.tries = seq, given+1
		}
		l.notes = append(l.notes, n)
		l.turns[n.ID] = turns + 1
		l.upto = seq
	}
	r.Close()
	return r.Err()
}

// hold does something in a transaction that holds the key's row, if the key is still this worker's.
func (l *lease) hold(ctx context.Context, do func(tx) error) error {
	return l.q.inTx(ctx, func(t tx) error {
		row, ok, err := lockKey(ctx, t, l.key)
		if err != nil {
			return err
		}
		if !ok || row.epoch != l.epoch || row.until == 0 {
			return queue.ErrLost
		}
		return do(t)
	})
}

// Fence locks the key of a turn in a transaction of the caller, on the queue's database, and fails with queue.ErrLost when the key
// was given to another worker or the turn has ended. What the transaction writes is then written by the one worker of the key.
func (q *Queue) Fence(ctx context.Context, t *sql.Tx, turn queue.Turn) error {
	var epoch, until int64
	const text = "SELECT epoch, until FROM queue_keys WHERE key = $1 {lock}"
	err := t.QueryRowContext(ctx, q.db.SQL(text), turn.Key).Scan(&epoch, &until)
	if errors.Is(err, sql.ErrNoRows) || err == nil && (epoch != turn.Epoch || until == 0) {
		err = queue.ErrLost
	}
	if err != nil {
		return fmt.Errorf("looking whether key %q is still ours: %w", turn.Key, err)
	}
	return nil
}

// nothing is the body of a note that is done: nobody reads it any more, and it may say what is nobody's business.
var nothing = []byte{}

// done is Turn.Done.
func (l *lease) done(ctx context.Context, id string) error {
	if l.turns[id] == 0 {
		return fmt.Errorf("marking note %q as done: it is not of this turn", id)
	}
	err := l.hold(ctx, func(t tx) error {
		_, err := t.exec(ctx, "UPDATE queue_notes SET done = {now}, body = $3 WHERE id = $1 AND key = $2 AND done IS NULL", id, l.key, nothing)
		return err
	})
	if err != nil {
		return fmt.Errorf("marking note %q as done: %w", id, err)
	}
	return nil
}

// renew says that the worker lives. A lease that ran out is still this worker's as long as nobody has taken it.
func (l *lease) renew(ctx context.Context) error {
	return l.hold(ctx, func(t tx) error {
		_, err := t.exec(ctx, "UPDATE queue_keys SET until = {now} + $2 WHERE key = $1", l.key, l.q.opts.Lease.Milliseconds())
		return err
	})
}

// end is how a turn ended.
type end struct {
	err     error // what Do returned
	stopped bool  // the process is to stop
}

// giveBack ends the turn: it marks what was done, says what is to become of the rest, and wakes a worker where there is more to
// do now. Since Add locks the row as well, no note comes in between unseen.
func (l *lease) giveBack(ctx context.Context, e end) error {
	err := l.hold(ctx, func(t tx) error {
		var err error
		switch {
		case e.err == nil:
			_, err = t.exec(ctx, "UPDATE queue_notes SET done = {now}, body = $3 WHERE key = $1 AND done IS NULL AND seq <= $2", l.key, l.upto, nothing)
		case e.stopped:
			_, err = t.exec(ctx, "UPDATE queue_notes SET given = given - 1 WHERE seq = $1 AND given > 0", l.from)
		}
		if err != nil {
			return err
		}
		var seq, due, now int64
		var given int
		const text = "SELECT seq, due, given, {now} FROM queue_notes WHERE key = $1 AND done IS NULL ORDER BY seq LIMIT 1"
		rest, err := one(ctx, t, []any{&seq, &due, &given, &now}, text, l.key)
		if err != nil {
			return err
		}
		return l.free(ctx, t, e, first{rest: rest, same: seq == l.from, ours: seq <= l.upto, ready: due <= now, given: given})
	})
	if err != nil {
		return fmt.Errorf("giving back key %q: %w", l.key, err)
	}
	return nil
}

// first is the first note that is not done at the end of a turn.
type first struct {
	rest  bool // there is one
	same  bool // it was the first of the turn too
	ours  bool // it was in the turn
	ready bool // its time has come
	given int
}

// free takes the lease from a locked key.
func (l *lease) free(ctx context.Context, t tx, e end, f first) error {
	failed := f.rest && f.ours && e.err != nil && !e.stopped
	tries := max(f.given, 1) // a note that was not the first of its turn failed for the first time
	set, args := "open = 0, dead = 0, woken = 0, err = ''", []any{l.key}
	var wake []string
	switch {
	case failed && tries >= queue.MaxAttempts:
		set, args = "dead = {now}, woken = 0, err = $2", append(args, words(e.err))
	case failed:
		set, args = "dead = 0, retry = {now} + $2, woken = 0, err = $3", append(args, l.q.opts.Backoff(tries).Milliseconds(), words(e.err))
	case f.same && f.rest && l.dead: // stopped: what was one more attempt is still to come
		set = "fresh = 1, woken = 0"
	case f.rest && f.ready:
		set, wake = "dead = 0, woken = {now}", []string{l.key}
	case f.rest:
		set = "dead = 0, woken = 0"
	}
	if _, err := t.exec(ctx, "UPDATE queue_keys SET until = 0, "+set+" WHERE key = $1", args...); err != nil {
		return err
	}
	return t.wake(ctx, wake)
}

// words returns what an error says as a database takes it, of a length that people read.
func words(err error) string {
	s := err.Error()
	if len(s) > 2000 {
		s = s[:2000]
	}
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\ufffd")
}

// isLost says of an error of hold that the key is another's now.
func isLost(err error) bool { return errors.Is(err, queue.ErrLost) }
