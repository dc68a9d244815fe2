package sqlqueue

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/app/queue"
)

// many is how many keys one sweep wakes workers for, and how many wake-ups may wait before lost ones are not looked for.
const many = 500

// sweeps looks for keys that nobody was woken for, at once and then every Sweep, and forgets old notes once an hour.
func (q *Queue) sweeps(ctx context.Context, jobs engine) {
	var cleaned time.Time
	for {
		if err := q.sweep(ctx, jobs); err != nil && ctx.Err() == nil {
			q.opts.Log.Error("sweeping failed", slog.Any("error", err))
		}
		if time.Since(cleaned) > time.Hour {
			cleaned = time.Now()
			if err := q.clean(ctx); err != nil && ctx.Err() == nil {
				q.opts.Log.Error("forgetting old notes failed", slog.Any("error", err))
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(q.opts.Sweep):
		}
	}
}

// candidate is a key with notes to give out that no worker has.
type candidate struct {
	key   string
	woken bool // a lease's time ago, and still nobody came
}

// sweep wakes workers for keys with notes to give out: those whose worker died, whose time has come, and whose wake-up was lost
// with the process that had it. A wake-up that merely waits for a worker is not made again, else a long queue would grow by
// itself.
func (q *Queue) sweep(ctx context.Context, jobs engine) error {
	found, err := q.candidates(ctx)
	if err != nil || len(found) == 0 {
		return err
	}
	var waits map[string]bool
	all := true
	for _, c := range found {
		if c.woken {
			if waits, all, err = jobs.waiting(ctx, many); err != nil {
				return err
			}
			break
		}
	}
	return q.inTx(ctx, func(t tx) error {
		var wake []string
		for _, c := range found {
			if c.woken && (!all || waits[c.key]) {
				continue
			}
			// Another process may have been faster.
			n, err := t.exec(ctx, "UPDATE queue_keys SET woken = {now} WHERE "+sweepable+" AND key = $2", q.opts.Lease.Milliseconds(), c.key)
			if err != nil {
				return fmt.Errorf("waking workers: %w", err)
			}
			if n == 1 {
				wake = append(wake, c.key)
			}
		}
		return t.wake(ctx, wake)
	})
}

// rested is the condition on a row of queue_keys whose last attempt was so long ago that a new note gives it one more where it is
// dead.
var rested = "taken <= {now} - " + strconv.FormatInt(queue.Chance.Milliseconds(), 10)

// sweepable is the condition of a sweep on a row of queue_keys; $1 is after how many milliseconds a wake-up is missed.
var sweepable = "open = 1 AND (dead = 0 OR fresh = 1 AND " + rested + ") AND until <= {now} AND retry <= {now} AND (woken = 0 OR woken <= {now} - $1)"

// candidates returns keys in the order in which all that lock several do.
func (q *Queue) candidates(ctx context.Context) ([]candidate, error) {
	text := "SELECT key, woken FROM queue_keys k WHERE " + sweepable +
		" AND (SELECT n.due FROM queue_notes n WHERE n.key = k.key AND n.done IS NULL ORDER BY n.seq LIMIT 1) <= {now} ORDER BY key LIMIT $2"
	r, err := q.db.Read.QueryContext(ctx, q.db.SQL(text), q.opts.Lease.Milliseconds(), many)
	if err != nil {
		return nil, fmt.Errorf("looking for keys: %w", err)
	}
	defer func() { _ = r.Close() }()
	var out []candidate
	for r.Next() {
		var c candidate
		var woken int64
		if err := r.Scan(&c.key, &woken); err != nil {
			return nil, fmt.Errorf("looking for keys: %w", err)
		}
		c.woken = woken != 0
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b candidate) int { return strings.Compare(a.key, b.key) }) // not by the database's collation
	return out, r.Err()
}

// clean forgets notes that were done before Keep, and then keys without notes whose last lease was so long ago that no worker
// of it can be alive.
func (q *Queue) clean(ctx context.Context) error {
	for _, text := range []string{
		"DELETE FROM queue_notes WHERE seq IN (SELECT seq FROM queue_notes WHERE done < {now} - $1 LIMIT 1000)",
		`DELETE FROM queue_keys WHERE key IN (SELECT key FROM queue_keys k WHERE open = 0 AND until = 0 AND taken < {now} - $1
			AND NOT EXISTS (SELECT 1 FROM queue_notes n WHERE n.key = k.key) LIMIT 1000) AND open = 0`,
	} {
		for {
			r, err := q.db.ExecContext(ctx, q.db.SQL(text), q.opts.Keep.Milliseconds())
			if err != nil {
				return fmt.Errorf("forgetting old notes: %w", err)
			}
			if n, err := r.RowsAffected(); err != nil || n == 0 {
				break
			}
		}
	}
	return nil
}
