package queuetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/queue"
)

// order adds notes of one key while workers of two processes are at it.
func order(t *testing.T, s Store) {
	q := s.Open(t)
	var l log
	work(t, q, 4, l.and(fine))
	work(t, s.Open(t), 4, l.and(fine))
	var want []string
	for i := range 60 {
		id := fmt.Sprintf("%02d", i)
		want = append(want, id)
		add(t, q, 1, note("k", id))
	}
	idle(t, q)
	if d := cmp.Diff(l.given(), want); d != "" {
		t.Errorf("order (-got +want):\n%s", d)
	}
}

func oneWorker(t *testing.T, s Store) {
	const keys, each = 5, 12
	var busy [keys]atomic.Int32
	var count atomic.Int32
	do := func(ctx context.Context, turn queue.Turn) error {
		var k int
		if _, err := fmt.Sscanf(turn.Key, "k%d", &k); err != nil {
			t.Error(err)
			return nil
		}
		if busy[k].Add(1) != 1 {
			t.Errorf("key %s has two workers", turn.Key)
		}
		for _, n := range turn.Notes {
			if n.Key != turn.Key {
				t.Errorf("turn of %s has a note of %s", turn.Key, n.Key)
			}
			count.Add(1)
		}
		busy[k].Add(-1)
		return nil
	}
	queues := []queue.Queue{s.Open(t), s.Open(t), s.Open(t)}
	for _, q := range queues {
		work(t, q, 8, do)
	}
	var wg sync.WaitGroup
	for k := range keys {
		wg.Go(func() {
			for i := range each {
				if _, err := queues[i%3].Add(context.Background(), note(fmt.Sprint("k", k), fmt.Sprint(k, "-", i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	idle(t, queues[0])
	if got := count.Load(); got != keys*each {
		t.Errorf("%d notes were given out, want %d", got, keys*each)
	}
}

// limit has more keys than workers, all of which must be busy at once and no more.
func limit(t *testing.T, s Store) {
	q := s.Open(t)
	const workers, keys = 3, 9
	var busy, most, left atomic.Int32
	left.Store(keys)
	full := make(chan struct{})
	once := sync.OnceFunc(func() { close(full) })
	for i := range keys {
		add(t, q, 1, note(fmt.Sprint(i), fmt.Sprint(i)))
	}
	work(t, q, workers, func(context.Context, queue.Turn) error {
		n := busy.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		if n == workers {
			once()
		}
		<-full
		busy.Add(-1)
		left.Add(-1)
		return nil
	})
	wait(t, "all keys", func() bool { return left.Load() == 0 })
	if got := most.Load(); got != workers {
		t.Errorf("%d turns at once, want %d", got, workers)
	}
}

// inTurn adds a note while its key is worked on.
func inTurn(t *testing.T, s Store) {
	q := s.Open(t)
	var l log
	started, go1 := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(started); <-go1 })
	add(t, q, 2, note("k", "1"), note("k", "2"))
	work(t, q, 4, l.and(func(context.Context, queue.Turn) error {
		once()
		return nil
	}))
	<-started
	add(t, q, 1, note("k", "3"))
	add(t, s.Open(t), 1, note("k", "4"))
	close(go1)
	l.want(t, "k 1 [1 2]", "k 1 [3 4]")
}

func restart(t *testing.T, s Store) {
	add(t, s.Open(t), 2, note("a", "1"), note("b", "2"))
	q := s.Open(t)
	var first log
	stop := work(t, q, 1, first.and(fine))
	idle(t, q)
	stop()
	add(t, s.Open(t), 1, note("a", "3"))
	var second log
	work(t, s.Open(t), 1, second.and(fine))
	second.want(t, "a 1 [3]")
	idle(t, q)
	if got := len(first.given()); got != 2 {
		t.Errorf("%d notes before the restart, want 2", got)
	}
}

func manyKeys(t *testing.T, s Store) {
	const keys, each = 100, 3
	queues := []queue.Queue{s.Open(t), s.Open(t)}
	var l log
	for i, q := range queues {
		var notes []queue.Note
		for k := i; k < keys; k += len(queues) {
			for j := range each {
				notes = append(notes, note(fmt.Sprint("k", k), fmt.Sprintf("%d-%d", k, j)))
			}
		}
		add(t, q, len(notes), notes...)
		work(t, q, 8, l.and(fine))
	}
	idle(t, queues[0])
	seen := map[string]int{}
	for _, id := range l.given() {
		seen[id]++
	}
	if len(seen) != keys*each {
		t.Errorf("%d notes were given out, want %d", len(seen), keys*each)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("note %s was given out %d times", id, n)
		}
	}
}
