package sqlqueue

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/app/queue"
)

// waits is what of the notes waits: no note before it, nor itself, waits for its time, and no living worker was given it. The first
// of each key that waits for its time is looked for once, not for each note.
const waits = ` FROM queue_notes n JOIN queue_keys k ON k.key = n.key LEFT JOIN (
		SELECT key, MIN(seq) AS seq FROM queue_notes WHERE done IS NULL AND due > {now} GROUP BY key) d ON d.key = n.key
	WHERE n.done IS NULL AND k.dead = 0 AND (k.until <= {now} OR n.seq > k.upto) AND (d.seq IS NULL OR n.seq < d.seq)`

// Health implements queue.Queue.
func (q *Queue) Health(ctx context.Context) (queue.Health, error) {
	var h queue.Health
	const running = "SELECT COUNT(*) FROM queue_keys WHERE until > {now}"
	if err := q.db.Read.QueryRowContext(ctx, q.db.SQL(running)).Scan(&h.Running); err != nil {
		return queue.Health{}, fmt.Errorf("counting running keys: %w", err)
	}
	const waiting = "SELECT COUNT(*), MIN(n.added)" + waits
	var oldest sql.NullInt64
	if err := q.db.Read.QueryRowContext(ctx, q.db.SQL(waiting)).Scan(&h.Waiting, &oldest); err != nil {
		return queue.Health{}, fmt.Errorf("counting waiting notes: %w", err)
	}
	if oldest.Valid {
		h.Oldest = time.UnixMilli(oldest.Int64).UTC()
	}
	var err error
	if h.Dead, err = q.dead(ctx, " ORDER BY dead DESC, key LIMIT 100"); err != nil {
		return queue.Health{}, fmt.Errorf("listing dead keys: %w", err)
	}
	return h, nil
}

// DeadOf implements queue.DeadLister.
func (q *Queue) DeadOf(ctx context.Context, prefix string) ([]queue.Dead, error) {
	out, err := q.dead(ctx, " AND "+below+" ORDER BY dead DESC, key LIMIT 1000", prefix, prefix+"/", prefix+"0")
	if err != nil {
		return nil, fmt.Errorf("listing dead keys of %q: %w", prefix, err)
	}
	return out, nil
}

// CountOf implements queue.Counter. Keys are added up here: what an installation has open is little.
func (q *Queue) CountOf(ctx context.Context, prefix string) ([]queue.Part, error) {
	parts := map[string]*queue.Part{}
	part := func(key string) *queue.Part {
		name := queue.PartOf(prefix, key)
		if parts[name] == nil {
			parts[name] = &queue.Part{Name: name}
		}
		return parts[name]
	}
	args := []any{prefix, prefix + "/", prefix + "0"}
	err := q.rows(ctx, "SELECT key, CASE WHEN until > {now} THEN 1 ELSE 0 END, CASE WHEN dead <> 0 THEN 1 ELSE 0 END FROM queue_keys k WHERE open = 1 AND (until > {now} OR dead <> 0) AND "+below,
		func(r *sql.Rows) error {
			var key string
			var running, dead int
			err := r.Scan(&key, &running, &dead)
			p := part(key)
			p.Running, p.Dead = p.Running+running, p.Dead+dead
			return err
		}, args...)
	if err != nil {
		return nil, fmt.Errorf("counting keys of %q: %w", prefix, err)
	}
	err = q.rows(ctx, "SELECT k.key, COUNT(*), MIN(n.added)"+waits+" AND "+strings.ReplaceAll(below, "key ", "n.key ")+" GROUP BY k.key", func(r *sql.Rows) error {
		var key string
		var n int
		var oldest int64
		err := r.Scan(&key, &n, &oldest)
		p, at := part(key), time.UnixMilli(oldest).UTC()
		if p.Waiting += n; p.Oldest.IsZero() || at.Before(p.Oldest) {
			p.Oldest = at
		}
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("counting waiting notes of %q: %w", prefix, err)
	}
	var out []queue.Part
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		out = append(out, *parts[name])
	}
	return out, nil
}

// rows scans each row of a query.
func (q *Queue) rows(ctx context.Context, text string, scan func(*sql.Rows) error, args ...any) error {
	r, err := q.db.Read.QueryContext(ctx, q.db.SQL(text), args...)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	for r.Next() {
		if err := scan(r); err != nil {
			return err
		}
	}
	return r.Err()
}

// below is the condition on a key that it is $1 or begins with it and a slash: a range from $1 to $3, without what is between $1 and
// $2, so that an index is used. ($2 is $1 with a slash, and $3 is $1 with what comes after a slash.)
const below = "key {bytewise} >= $1 AND key {bytewise} < $3 AND (key {bytewise} >= $2 OR key = $1)"

// listing lists dead keys; what follows it says which, in which order.
const listing = `SELECT key, taken, err, (SELECT COUNT(*) FROM queue_notes n WHERE n.key = k.key AND n.done IS NULL)
	FROM queue_keys k WHERE dead <> 0`

func (q *Queue) dead(ctx context.Context, which string, args ...any) ([]queue.Dead, error) {
	var out []queue.Dead
	err := q.rows(ctx, listing+which, func(r *sql.Rows) error {
		var d queue.Dead
		var taken int64
		err := r.Scan(&d.Key, &taken, &d.Err, &d.Notes)
		d.Last = time.UnixMilli(taken).UTC()
		out = append(out, d)
		return err
	}, args...)
	return out, err
}

// Ping implements queue.Pinger.
func (q *Queue) Ping(ctx context.Context) error {
	var n int
	if err := q.db.Read.QueryRowContext(ctx, "SELECT 1").Scan(&n); err != nil {
		return fmt.Errorf("reaching the queue's database: %w", err)
	}
	return nil
}

// Revive implements queue.Queue.
func (q *Queue) Revive(ctx context.Context, key string) error {
	err := q.inTx(ctx, func(t tx) error {
		row, ok, err := lockKey(ctx, t, key)
		if err != nil || !ok || row.dead == 0 {
			return err
		}
		if _, err := t.exec(ctx, "UPDATE queue_notes SET given = 0 WHERE key = $1 AND done IS NULL", key); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "UPDATE queue_keys SET dead = 0, retry = 0, err = '', woken = {now} WHERE key = $1", key); err != nil {
			return err
		}
		return t.wake(ctx, []string{key})
	})
	if err != nil {
		return fmt.Errorf("reviving key %q: %w", key, err)
	}
	return nil
}
