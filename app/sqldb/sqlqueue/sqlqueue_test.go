package sqlqueue_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/queue/queuetest"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlqueue"
)

// short are times for tests. The lease is long: a machine that is busy with other things must not make a worker seem dead.
func short() sqlqueue.Options {
	o := sqlqueue.Options{
		Lease:   2 * time.Minute,
		Renew:   50 * time.Millisecond,
		Sweep:   20 * time.Millisecond,
		Backoff: func(int) time.Duration { return time.Millisecond },
	}
	if os.Getenv("PERTASK_LOG") != "" {
		o.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	return o
}

// open opens a queue on a database of its own connections, as another process would.
func open(t testing.TB, url string, o sqlqueue.Options) *sqlqueue.Queue {
	t.Helper()
	q, err := sqlqueue.New(sqldbtest.Open(t, url), o)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestQueue(t *testing.T) {
	t.Parallel()
	run := func(url func(testing.TB) string) func(*testing.T) {
		return func(t *testing.T) {
			t.Parallel()
			queuetest.Run(t, func(t *testing.T) queuetest.Store { return store(t, url(t)) })
		}
	}
	t.Run("sqlite", run(sqldbtest.ReadyFile))
	t.Run("postgres", run(sqldbtest.ReadyPostgres))
}

func store(t *testing.T, url string) queuetest.Store {
	db := sqldbtest.Open(t, url)
	return queuetest.Store{
		Open: func(t *testing.T) queue.Queue { return open(t, url, short()) },
		Expire: func(t *testing.T, key string) {
			expire(t, db, key)
		},
		Rest: func(t *testing.T, key string) {
			t.Helper()
			if _, err := db.ExecContext(context.Background(), db.SQL("UPDATE queue_keys SET taken = taken - $1 WHERE key = $2"), queue.Chance.Milliseconds(), key); err != nil {
				t.Fatal(err)
			}
		},
	}
}

// expire makes a lease run out.
func expire(t *testing.T, db *sqldb.DB, key string) {
	t.Helper()
	if _, err := db.ExecContext(context.Background(), db.SQL("UPDATE queue_keys SET until = 1 WHERE key = $1 AND until > 0"), key); err != nil {
		t.Fatal(err)
	}
}

// TestFewConnections has several keys worked on with the fewest connections that are allowed.
func TestFewConnections(t *testing.T) {
	q := open(t, sqldbtest.ReadyPostgres(t)+"&pool_max_conns=3", short())
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // in case one waits for another for ever
	defer cancel()
	const keys = 20
	for i := range keys {
		if _, err := q.Add(ctx, queue.Note{ID: fmt.Sprint(i), Key: fmt.Sprint(i), Kind: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	var done atomic.Int32
	err := q.Work(ctx, 8, func(turned context.Context, turn queue.Turn) error {
		err := turn.Done(turned, turn.Notes[0].ID)
		if err == nil && done.Add(1) == keys {
			cancel()
		}
		return err
	})
	if err != nil || done.Load() < keys {
		t.Errorf("%d of %d keys were worked on, error %v", done.Load(), keys, err)
	}
}
