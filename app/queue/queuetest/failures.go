package queuetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/queue"
)

var errBroken = errors.New("broken")

func retries(t *testing.T, s Store) {
	q := s.Open(t)
	var l log
	add(t, q, 2, note("k", "1"), note("k", "2"))
	work(t, q, 2, l.and(func(_ context.Context, turn queue.Turn) error {
		if turn.Attempt < 3 {
			return errBroken
		}
		return nil
	}))
	l.want(t, "k 1 [1 2]", "k 2 [1 2]", "k 3 [1 2]")
	idle(t, q)
}

// progress fails more often than a key may, but marks a note each time.
func progress(t *testing.T, s Store) {
	q := s.Open(t)
	var want []string
	notes := make([]queue.Note, queue.MaxAttempts+3)
	for i := range notes {
		notes[i] = note("k", fmt.Sprintf("%02d", i))
	}
	for i := range notes {
		want = append(want, fmt.Sprintf("k 1 %v", ids(notes[i:])))
	}
	add(t, q, len(notes), notes...)
	var l log
	work(t, q, 2, l.and(func(ctx context.Context, turn queue.Turn) error {
		if err := turn.Done(ctx, turn.Notes[0].ID); err != nil {
			t.Error(err)
		}
		return errBroken
	}))
	l.want(t, want...)
	idle(t, q)
}

func panics(t *testing.T, s Store) {
	q := s.Open(t)
	var l log
	add(t, q, 1, note("k", "1"))
	work(t, q, 1, l.and(func(_ context.Context, turn queue.Turn) error {
		if turn.Attempt == 1 {
			panic("at the first attempt")
		}
		return nil
	}))
	l.want(t, "k 1 [1]", "k 2 [1]")
	idle(t, q)
}

func dead(t *testing.T, s Store) {
	ctx := context.Background()
	q := s.Open(t)
	var l log
	var mended atomic.Bool
	long := strings.Repeat("long ", 10000) + "\xff\x00"
	add(t, q, 2, note("k", "1"), note("k", "2"))
	work(t, q, 2, l.and(func(_ context.Context, turn queue.Turn) error {
		if turn.Key == "k" && !mended.Load() {
			return fmt.Errorf("attempt %d: %w: %s", turn.Attempt, errBroken, long)
		}
		return nil
	}))
	wait(t, "a dead key", func() bool { return len(state(t, q).Dead) > 0 })
	add(t, q, 1, note("k", "3"))
	add(t, q, 1, note("other", "4"))
	wait(t, "the other key", func() bool { return slices.Contains(l.given(), "4") })
	idle(t, q)
	d := state(t, q).Dead
	if len(d) != 1 || d[0].Key != "k" || d[0].Notes != 3 || d[0].Last.IsZero() || !strings.HasPrefix(d[0].Err, fmt.Sprintf("attempt %d: broken", queue.MaxAttempts)) {
		t.Errorf("dead keys are %.300v", d)
	}
	mended.Store(true)
	for _, key := range []string{"k", "other", "unheard of", "k"} {
		if err := q.Revive(ctx, key); err != nil {
			t.Errorf("reviving %q: %v", key, err)
		}
	}
	var want []string
	for i := range queue.MaxAttempts {
		want = append(want, fmt.Sprintf("k %d [1 2]", i+1))
	}
	l.want(t, append(want, "other 1 [4]", "k 1 [1 2 3]")...)
	if d := state(t, q).Dead; len(d) != 0 {
		t.Errorf("after Revive there are dead keys: %.300v", d)
	}
}

func after(t *testing.T, s Store) {
	q := s.Open(t)
	far, soon, alone := note("far", "1"), note("soon", "3"), note("alone", "7")
	far.After = time.Now().Add(time.Hour)
	soon.After = time.Now().Add(300 * time.Millisecond)
	alone.After = soon.After
	add(t, q, 2, far, note("far", "2"))
	add(t, q, 2, soon, note("soon", "4"))
	add(t, q, 2, note("now", "5"), queue.Note{ID: "6", Key: "now", Kind: "x", After: far.After})
	var l log
	add(t, q, 1, alone)
	early := make(chan struct{}, 2)
	work(t, q, 2, l.and(func(_ context.Context, turn queue.Turn) error {
		if (turn.Key == "soon" || turn.Key == "alone") && time.Now().Before(soon.After) {
			early <- struct{}{}
		}
		return nil
	}))
	wait(t, "the notes whose time comes", func() bool {
		return slices.Contains(l.given(), "4") && slices.Contains(l.given(), "7")
	})
	idle(t, q)
	select {
	case <-early:
		t.Error("a note was given out before its time")
	default:
	}
	given := l.given()
	slices.Sort(given)
	if d := cmp.Diff(given, []string{"3", "4", "5", "7"}); d != "" {
		t.Errorf("given out (-got +want):\n%s", d)
	}
}

func done(t *testing.T, s Store) {
	q := s.Open(t)
	var l log
	var kept atomic.Value // Turn.Done of the first turn
	add(t, q, 3, note("k", "1"), note("k", "2"), note("k", "3"))
	work(t, q, 1, l.and(func(ctx context.Context, turn queue.Turn) error {
		switch len(turn.Notes) {
		case 3:
			kept.Store(turn.Done)
			for range 2 {
				if err := turn.Done(ctx, "2"); err != nil {
					t.Errorf("marking: %v", err)
				}
			}
			if err := turn.Done(ctx, "4"); err == nil {
				t.Error("a note that is not of the turn can be marked")
			}
			return errBroken
		case 2:
			for _, n := range turn.Notes {
				if err := turn.Done(ctx, n.ID); err != nil {
					t.Errorf("marking: %v", err)
				}
			}
			return errBroken // nothing is left to try again
		}
		return nil
	}))
	l.want(t, "k 1 [1 2 3]", "k 2 [1 3]")
	idle(t, q)
	if err := kept.Load().(func(context.Context, string) error)(context.Background(), "1"); !errors.Is(err, queue.ErrLost) {
		t.Errorf("marking after the turn: got error %v, want ErrLost", err)
	}
	add(t, q, 1, note("k", "5"))
	l.want(t, "k 1 [1 2 3]", "k 2 [1 3]", "k 1 [5]")
}

func health(t *testing.T, s Store) {
	q, other := s.Open(t), s.Open(t)
	if d := cmp.Diff(state(t, q), queue.Health{}); d != "" {
		t.Errorf("an empty queue (-got +want):\n%s", d)
	}
	later := note("c", "4")
	later.After = time.Now().Add(time.Hour)
	add(t, q, 5, note("a", "1"), note("a", "2"), note("b", "3"), later, note("c", "5"))
	h := state(t, other)
	if h.Waiting != 3 || h.Running != 0 || h.Oldest.IsZero() || time.Since(h.Oldest).Abs() > time.Hour {
		t.Errorf("three notes wait: got %+v", h)
	}
	busy := make(chan struct{}, 2)
	release := make(chan struct{})
	stop := work(t, q, 2, func(context.Context, queue.Turn) error {
		busy <- struct{}{}
		<-release
		return nil
	})
	<-busy
	<-busy
	add(t, q, 1, note("a", "6"))
	h = state(t, other)
	if h.Waiting != 1 || h.Running != 2 || h.Oldest.IsZero() || len(h.Dead) != 0 {
		t.Errorf("two keys are worked on and one note came since: got %+v", h)
	}
	close(release)
	wait(t, "an idle queue", func() bool { return cmp.Equal(state(t, other), queue.Health{}) })
	stop()
}
