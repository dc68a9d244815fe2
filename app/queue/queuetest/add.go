package queuetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/queue"
)

func addOnce(t *testing.T, s Store) {
	q, other := s.Open(t), s.Open(t)
	add(t, q, 0)
	add(t, q, 1, note("k", "1"))
	add(t, q, 0, note("k", "1"))
	add(t, other, 0, note("another key", "1"))
	add(t, q, 1, note("k", "2"), note("k", "2"), note("k", "1"))
	var l log
	work(t, q, 2, l.and(fine))
	idle(t, q)
	add(t, q, 0, note("k", "1"), note("k", "2"))
	add(t, q, 1, note("k", "3"))
	wait(t, "the last note", func() bool { return slices.Contains(l.given(), "3") })
	if d := cmp.Diff(l.given(), []string{"1", "2", "3"}); d != "" {
		t.Errorf("given out (-got +want):\n%s", d)
	}
}

func addAllOrNone(t *testing.T, s Store) {
	q := s.Open(t)
	good := note("k", "good")
	for name, change := range map[string]func(*queue.Note){
		"no id":         func(n *queue.Note) { n.ID = "" },
		"long id":       func(n *queue.Note) { n.ID = strings.Repeat("x", queue.MaxID+1) },
		"broken id":     func(n *queue.Note) { n.ID = "\xff" },
		"zero in id":    func(n *queue.Note) { n.ID = "a\x00b" },
		"no key":        func(n *queue.Note) { n.Key = "" },
		"long key":      func(n *queue.Note) { n.Key = strings.Repeat("x", queue.MaxKey+1) },
		"zero in key":   func(n *queue.Note) { n.Key = "\x00" },
		"no kind":       func(n *queue.Note) { n.Kind = "" },
		"broken kind":   func(n *queue.Note) { n.Kind = "a\xc0" },
		"too much body": func(n *queue.Note) { n.Body = make([]byte, queue.MaxBody+1) },
	} {
		bad := note("k", "bad")
		change(&bad)
		if n, err := q.Add(context.Background(), good, bad); !errors.Is(err, queue.ErrNote) || n != 0 {
			t.Errorf("%s: got %d new notes and error %v, want 0 and ErrNote", name, n, err)
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := q.Add(ended, good); !errors.Is(err, context.Canceled) {
		t.Errorf("adding with a context that ended: got error %v", err)
	}
	// What was refused was not taken, so it is new; that of the ended context may have been taken.
	add(t, q, 1, note("k", "bad"))
}

func roundTrip(t *testing.T, s Store) {
	q := s.Open(t)
	every := make([]byte, queue.MaxBody)
	for i := range every {
		every[i] = byte(i)
	}
	in := []queue.Note{
		{ID: "1", Key: "7/acme/ägent#42", Kind: "pull_request", Body: every, At: time.Date(2026, 11, 3, 4, 5, 6, 789123000, time.UTC)},
		{ID: "$2' OR ?1", Key: "7/acme/ägent#42", Kind: "x"},
		{ID: strings.Repeat("é", queue.MaxID/2), Key: "7/acme/ägent#42", Kind: "y", Body: []byte{}, At: time.Date(1961, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600))},
		{ID: "4", Key: "7/acme/ägent#42", Kind: "z", After: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
	body := bytes.Clone(every)
	add(t, q, len(in), in...)
	clear(every) // the caller's own again
	in[0].Body = body
	got := make(chan []queue.Note, 1)
	work(t, s.Open(t), 1, func(_ context.Context, turn queue.Turn) error {
		got <- turn.Notes
		return nil
	})
	equal := cmp.Options{cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }), cmp.Comparer(bytes.Equal)}
	if d := cmp.Diff(<-got, in, equal); d != "" {
		t.Errorf("notes (-got +want):\n%.2000s", d)
	}
}

// addConcurrently adds from many goroutines of two processes, half of them what another adds too.
func addConcurrently(t *testing.T, s Store) {
	queues := []queue.Queue{s.Open(t), s.Open(t)}
	const sides, each = 32, 8
	var fresh atomic.Int64
	var wg sync.WaitGroup
	for i := range sides {
		wg.Go(func() {
			for j := range each {
				// Two sides share a name, and each call touches two keys, in either order.
				a, b := note("a", fmt.Sprint("a", i/2, "-", j)), note("b", fmt.Sprint("b", i/2, "-", j))
				if i%2 == 1 {
					a, b = b, a
				}
				n, err := queues[i/2%2].Add(context.Background(), a, b)
				if err != nil {
					t.Error(err)
				}
				fresh.Add(int64(n))
			}
		})
	}
	wg.Wait()
	if got, want := fresh.Load(), int64(sides*each); got != want {
		t.Errorf("%d notes were new, want %d", got, want)
	}
	var l log
	work(t, queues[0], 4, l.and(fine))
	idle(t, queues[1])
	given := l.given()
	slices.Sort(given)
	if got := len(slices.Compact(given)); got != sides*each || got != len(l.given()) {
		t.Errorf("%d notes were given out, %d of them different; want %d", len(l.given()), got, sides*each)
	}
}
