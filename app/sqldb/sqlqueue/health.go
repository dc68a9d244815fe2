package sqlqueue

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/pertask/pertask/app/queue"
)

// Health implements queue.Queue.
func (q *Queue) Health(ctx context.Context) (queue.Health, error) {
	var h queue.Health
	const running = "SELECT COUNT(*) FROM queue_keys WHERE until > {now}"
	if err := q.db.Read.QueryRowContext(ctx, q.db.SQL(running)).Scan(&h.Running); err != nil {
		return queue.Health{}, fmt.Errorf("counting running keys: %w", err)
	}
	// A note waits when no note before it, nor itself, waits for its time, and no living worker was given it.
	const waiting = `SELECT COUNT(*), MIN(n.added) FROM queue_notes n JOIN queue_keys k ON k.key = n.key
		WHERE n.done IS NULL AND k.dead = 0 AND (k.until <= {now} OR n.seq > k.upto) AND NOT EXISTS (
			SELECT 1 FROM queue_notes d WHERE d.key = n.key AND d.done IS NULL AND d.seq <= n.seq AND d.due > {now})`
	var oldest sql.NullInt64
	if err := q.db.Read.QueryRowContext(ctx, q.db.SQL(waiting)).Scan(&h.Waiting, &oldest); err != nil {
		return queue.Health{}, fmt.Errorf("counting waiting notes: %w", err)
	}
	if oldest.Valid {
		h.Oldest = time.UnixMilli(oldest.Int64).UTC()
	}
	var err error
	if h.Dead, err = q.dead(ctx); err != nil {
		return queue.Health{}, fmt.Errorf("listing dead keys: %w", err)
	}
	return h, nil
}

func (q *Queue) dead(ctx context.Context) ([]queue.Dead, error) {
	const text = `SELECT key, taken, err, (SELECT COUNT(*) FROM queue_notes n WHERE n.key = k.key AND n.done IS NULL)
		FROM queue_keys k WHERE dead <> 0 ORDER BY dead DESC, key LIMIT 100`
	r, err := q.db.Read.QueryContext(ctx, q.db.SQL(text))
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	var out []queue.Dead
	for r.Next() {
		var d queue.Dead
		var taken int64
		if err := r.Scan(&d.Key, &taken, &d.Err, &d.Notes); err != nil {
			return nil, err
		}
		d.Last = time.UnixMilli(taken).UTC()
		out = append(out, d)
	}
	return out, r.Err()
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
