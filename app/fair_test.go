package app

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/pertask/pertask/app/queue"
)

// One installation cannot have all workers, however much it asks for, nor can all of them have those that are spare.
func TestFair(t *testing.T) {
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var added []queue.Note
	var fail error
	began, end := make(chan string), make(chan struct{})
	f := &fair{each: 2, all: 3, now: func() time.Time { return start },
		do: func(_ context.Context, t queue.Turn) error { began <- t.Key; <-end; return nil },
		add: func(_ context.Context, n ...queue.Note) (int, error) {
			added = append(added, n...)
			return len(n), fail
		}}
	var done []string
	turn := func(key string, attempt int) queue.Turn {
		return queue.Turn{Key: key, Attempt: attempt, Notes: []queue.Note{{ID: "a", Key: key, Kind: "push"}, {ID: "b", Key: key}},
			Done: func(_ context.Context, id string) error { done = append(done, id); return nil }}
	}
	running := 0
	begins := func(key string, attempt int) {
		t.Helper()
		go func() { _ = f.turn(t.Context(), turn(key, attempt)) }()
		select {
		case <-began:
			running++
		case <-time.After(10 * time.Second):
			t.Fatalf("%s does not begin", key)
		}
	}
	waits := func(key string) {
		t.Helper()
		added, done = nil, nil
		if err := f.turn(t.Context(), turn(key, 1)); err != nil {
			t.Fatal(err)
		}
		if len(added) != 2 || added[0].ID != "a~1" || added[0].Key != key || added[0].Kind != "push" || added[1].ID != "b~1" || !added[0].After.After(start) || !slices.Equal(done, []string{"a", "b"}) {
			t.Errorf("%s: put back are %+v, done are %q", key, added, done)
		}
	}
	begins("7/70/#1", 1)
	begins("7/70/#2", 1)
	waits("7/70/#3")
	begins("8/80/#1", 1)
	waits("9/90/#1") // those that are left are for these:
	begins("app/catch-up", 1)
	begins("7/installation", 1)
	begins("7/70/#4", 2) // it may have left something open
	go func() {
		stopped := turn("7/70/#6", 1)
		stopped.Attempts = map[string]int{"a": 1, "b": 2}
		_ = f.turn(t.Context(), stopped)
	}()
	if key := <-began; key != "7/70/#6" {
		t.Errorf("%s began", key)
	}
	running++
	fail = errors.New("no database")
	done = nil
	if err := f.turn(t.Context(), turn("7/70/#5", 1)); !errors.Is(err, fail) || len(done) != 0 {
		t.Errorf("what could not be put back: %v, done are %q", err, done)
	}
	for range running {
		end <- struct{}{}
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		f.mu.Lock()
		left, total := len(f.busy), f.total
		f.mu.Unlock()
		if left == 0 && total == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d turns of %d installations are left", total, left)
		}
	}
	begins("7/70/#3", 1)
	close(end)
}
