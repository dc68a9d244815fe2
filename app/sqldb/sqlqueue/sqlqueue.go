// Package sqlqueue is queue.Queue in the App's database: rows for notes and for the leases of keys, and River's jobs that wake
// workers.
//
// It knows SQL, leases and when a worker counts as dead. It refuses to know what notes are about. Why the promise rests on rows
// of our own and not on River's jobs is in docs/design/013-app-queue.md.
package sqlqueue

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/sqldb"
)

// Defaults of Options.
const (
	Lease = 30 * time.Second    // a worker that dies is noticed after this and one Sweep: within a minute
	Sweep = 10 * time.Second    // at most so late is a note given out whose After has come
	Keep  = 30 * 24 * time.Hour // GitHub delivers again for 3 days
)

// Options are what a queue may be told; the zero value is what a server wants.
type Options struct {
	// Lease is for how long a key is a worker's before it must have said that it lives.
	Lease time.Duration
	// Renew is how often a worker says so; without it, three times in a Lease.
	Renew time.Duration
	// Sweep is how often a process looks for keys that nobody was woken for.
	Sweep time.Duration
	// Backoff says how long notes wait after an attempt, from 1, that failed. Without it they wait 15 seconds and then twice
	// as long each time.
	Backoff func(attempt int) time.Duration
	// Keep is for how long a note's ID is remembered after its end; less than 30 days is 30 days.
	Keep time.Duration
	// Owner names this process in the database, for people; without it, its host and number.
	Owner string
	// Log takes what goes wrong behind the callers' backs; without it nothing is said.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Lease <= 0 {
		o.Lease = Lease
	}
	if o.Renew <= 0 {
		o.Renew = max(o.Lease/3, time.Millisecond)
	}
	if o.Sweep <= 0 {
		o.Sweep = Sweep
	}
	if o.Backoff == nil {
		o.Backoff = backoff
	}
	if o.Keep < Keep {
		o.Keep = Keep
	}
	if o.Owner == "" {
		host, _ := os.Hostname()
		o.Owner = fmt.Sprintf("%s/%d", host, os.Getpid())
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// backoff doubles from 15 seconds: queue.MaxAttempts are used up after half an hour, longer than most outages of a provider.
func backoff(attempt int) time.Duration {
	return 15 * time.Second << min(max(attempt, 1)-1, 10)
}

// Queue keeps notes in a database. It implements queue.Queue, queue.DeadLister, queue.Counter and queue.Pinger.
type Queue struct {
	db      *sqldb.DB
	opts    Options
	begin   func(context.Context) (tx, error)
	jobs    func(workers int, turn func(context.Context, string) error) (engine, error)
	adding  sync.Mutex
	calls   []*call // of Add that no batch has taken yet
	writing bool    // a goroutine takes them
}

var _ interface {
	queue.Queue
	queue.DeadLister
	queue.Counter
	queue.Pinger
} = (*Queue)(nil)

// New returns the queue in a database. The database must be open for as long as it is used.
func New(db *sqldb.DB, opts Options) (*Queue, error) {
	q := &Queue{db: db, opts: opts.withDefaults()}
	var err error
	if db.Dialect == sqldb.Postgres {
		err = q.onPostgres()
	} else {
		err = q.onSQLite()
	}
	if err != nil {
		return nil, fmt.Errorf("opening the queue: %w", err)
	}
	return q, nil
}
