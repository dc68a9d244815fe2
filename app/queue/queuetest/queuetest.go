// Package queuetest is what every queue.Queue must do, as tests.
//
// It knows the promises of package queue. It refuses to know how they are kept: of an implementation it asks for short times,
// and for a way to make a worker seem dead.
package queuetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/queue"
)

// Store is where the notes of one test are, at first none.
type Store struct {
	// Open returns one more queue on the same notes, as another process would.
	Open func(t *testing.T) queue.Queue
	// Expire makes the worker of a key seem dead, as if it had not been heard of for long. It may be heard of again at once.
	Expire func(t *testing.T, key string)
	// Rest makes the last attempt at a key seem so long ago that queue.Chance is over.
	Rest func(t *testing.T, key string)
}

// Run tests an implementation. For each test open makes a new store, whose queues should wait only for milliseconds before they
// give out again what failed and look for what was lost, and for minutes before a worker counts as dead, which is what Expire is
// for.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Store)
	}{
		{"add takes a note once", addOnce},
		{"add takes all or none", addAllOrNone},
		{"add from many sides", addConcurrently},
		{"a note comes out as it went in", roundTrip},
		{"order of a key", order},
		{"one worker per key", oneWorker},
		{"workers are limited", limit},
		{"notes of a turn", inTurn},
		{"restart", restart},
		{"retries", retries},
		{"progress", progress},
		{"panic", panics},
		{"dead and revived", dead},
		{"a new note for a dead key", chance},
		{"a new note for a dead key and a stop", chanceStopped},
		{"attempts of each note", attempts},
		{"dead keys of a part", deadOf},
		{"counts of a part", countOf},
		{"ping", ping},
		{"after", after},
		{"done", done},
		{"lost key", lost},
		{"lost key after a stop", lostAfterStop},
		{"dead worker uses up an attempt", deadWorker},
		{"dead worker in the last attempt", deadAtLast},
		{"stop uses up no attempt", stop},
		{"stop with done notes", stopDone},
		{"health", health},
		{"many keys", manyKeys},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // they mostly wait
			c.test(t, open(t))
		})
	}
}

// wait waits until something holds, which takes long only where it never will.
func wait(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// add adds notes and checks how many were new.
func add(t *testing.T, q queue.Queue, want int, notes ...queue.Note) {
	t.Helper()
	got, err := q.Add(context.Background(), notes...)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("adding %s: %d were new, want %d", ids(notes), got, want)
	}
}

// note is a note of a key.
func note(key, id string) queue.Note {
	return queue.Note{ID: id, Key: key, Kind: "test", Body: []byte(id)}
}

func ids(notes []queue.Note) []string {
	out := make([]string, len(notes))
	for i, n := range notes {
		out[i] = n.ID
	}
	return out
}

// work works until the test or the returned function ends it.
func work(t *testing.T, q queue.Queue, workers int, do queue.Do) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- q.Work(ctx, workers, do) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("working: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// log is what workers were given, safe for concurrent use.
type log struct {
	mu    sync.Mutex
	turns []string
	notes []string
}

func (l *log) add(t queue.Turn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turns = append(l.turns, fmt.Sprintf("%s %d %v", t.Key, t.Attempt, ids(t.Notes)))
	l.notes = append(l.notes, ids(t.Notes)...)
}

// given returns the IDs of the notes, in the order in which they were given out.
func (l *log) given() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.notes)
}

// want waits for turns, as "key attempt [ids]", and compares them.
func (l *log) want(t *testing.T, turns ...string) {
	t.Helper()
	wait(t, fmt.Sprintf("%d turns", len(turns)), func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.turns) >= len(turns)
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if d := cmp.Diff(l.turns, turns); d != "" {
		t.Errorf("turns (-got +want):\n%s", d)
	}
}

// and returns a Do that logs turns.
func (l *log) and(do queue.Do) queue.Do {
	return func(ctx context.Context, t queue.Turn) error {
		l.add(t)
		return do(ctx, t)
	}
}

func fine(context.Context, queue.Turn) error { return nil }

// idle waits until nothing is left to do.
func idle(t *testing.T, q queue.Queue) {
	t.Helper()
	wait(t, "an idle queue", func() bool {
		h := state(t, q)
		return h.Waiting == 0 && h.Running == 0
	})
}

func state(t *testing.T, q queue.Queue) queue.Health {
	t.Helper()
	h, err := q.Health(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return h
}
