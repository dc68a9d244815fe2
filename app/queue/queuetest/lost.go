package queuetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/queue"
)

// steal makes the worker of a key seem dead until another has the key.
func steal(t *testing.T, s Store, key string, taken <-chan queue.Turn) queue.Turn {
	t.Helper()
	var got queue.Turn
	wait(t, "another worker to take "+key, func() bool {
		s.Expire(t, key)
		select {
		case got = <-taken:
			return true
		default:
			return false
		}
	})
	return got
}

// lost has a worker that seems dead, is not, and tries to mark what it did.
func lost(t *testing.T, s Store) {
	first, second := s.Open(t), s.Open(t)
	add(t, first, 2, note("k", "1"), note("k", "2"))
	started := make(chan queue.Turn, 1)
	result := make(chan error, 2)
	stop := work(t, first, 1, func(ctx context.Context, turn queue.Turn) error {
		started <- turn
		<-ctx.Done()
		result <- context.Cause(ctx)
		result <- turn.Done(context.WithoutCancel(ctx), "1")
		return nil // which must not mark the notes either
	})
	mine := <-started
	taken, release := make(chan queue.Turn, 1), make(chan error)
	var l log
	work(t, second, 1, l.and(func(_ context.Context, turn queue.Turn) error {
		if turn.Attempt > 2 {
			return nil
		}
		taken <- turn
		return <-release
	}))
	theirs := steal(t, s, "k", taken)
	for _, what := range []string{"the end of the context", "Done"} {
		if err := <-result; !errors.Is(err, queue.ErrLost) {
			t.Errorf("%s says %v, want ErrLost", what, err)
		}
	}
	stop()
	if theirs.Epoch <= mine.Epoch {
		t.Errorf("the later turn has epoch %d, the earlier %d", theirs.Epoch, mine.Epoch)
	}
	if d := cmp.Diff(ids(theirs.Notes), []string{"1", "2"}); d != "" {
		t.Errorf("notes of the second worker (-got +want):\n%s", d)
	}
	release <- errBroken // so that what the first worker has marked would show
	l.want(t, "k 2 [1 2]", "k 3 [1 2]")
}

// lostAfterStop has a worker that goes on for a while when its process is to stop, and loses its key in that time.
func lostAfterStop(t *testing.T, s Store) {
	first, second := s.Open(t), s.Open(t)
	add(t, first, 1, note("k", "1"))
	started, stopped, lost := make(chan struct{}), make(chan error, 1), make(chan struct{})
	stop := work(t, first, 1, func(ctx context.Context, turn queue.Turn) error {
		close(started)
		<-ctx.Done()
		select {
		case <-turn.Lost:
			t.Error("the key is lost at the stop")
		default:
		}
		stopped <- context.Cause(ctx)
		select {
		case <-turn.Lost:
			close(lost)
		case <-time.After(5 * time.Minute):
		}
		return nil
	})
	<-started
	go stop()
	if err := <-stopped; !errors.Is(err, queue.ErrStopped) || !errors.Is(err, context.Canceled) || errors.Is(err, queue.ErrLost) {
		t.Errorf("the end of the context says %v, want ErrStopped", err)
	}
	taken := make(chan queue.Turn, 1)
	release := make(chan struct{})
	defer close(release)
	work(t, second, 1, func(_ context.Context, turn queue.Turn) error {
		taken <- turn
		<-release
		return nil
	})
	steal(t, s, "k", taken)
	select {
	case <-lost:
	case <-time.After(5 * time.Minute):
		t.Fatal("the key was lost, and the worker that is to stop was not told")
	}
}

func deadWorker(t *testing.T, s Store) {
	add(t, s.Open(t), 1, note("k", "1"))
	started := make(chan struct{})
	work(t, s.Open(t), 1, func(ctx context.Context, turn queue.Turn) error {
		close(started)
		<-ctx.Done()
		return nil
	})
	<-started
	taken := make(chan queue.Turn, 1)
	work(t, s.Open(t), 1, func(_ context.Context, turn queue.Turn) error {
		taken <- turn
		return nil
	})
	if got := steal(t, s, "k", taken); got.Attempt != 2 {
		t.Errorf("attempt %d after a worker died, want 2", got.Attempt)
	}
}

// deadAtLast has a worker that dies in each attempt, so that nothing can be said of why.
func deadAtLast(t *testing.T, s Store) {
	add(t, s.Open(t), 1, note("k", "1"))
	taken := make(chan queue.Turn, queue.MaxAttempts+1)
	do := func(ctx context.Context, turn queue.Turn) error {
		taken <- turn
		<-ctx.Done()
		return nil
	}
	q := s.Open(t)
	work(t, q, 1, do)
	work(t, s.Open(t), 1, do)
	for i := range queue.MaxAttempts {
		if got := steal(t, s, "k", taken); got.Attempt != i+1 {
			t.Fatalf("attempt %d, want %d", got.Attempt, i+1)
		}
	}
	wait(t, "a dead key", func() bool {
		s.Expire(t, "k")
		return len(state(t, q).Dead) == 1
	})
	if d := state(t, q).Dead[0]; d.Err != "" || d.Notes != 1 || d.Key != "k" {
		t.Errorf("the dead key is %+v", d)
	}
}

// stop ends processes more often than a note is given out.
func stop(t *testing.T, s Store) {
	add(t, s.Open(t), 2, note("k", "1"), note("k", "2"))
	for i := range queue.MaxAttempts + 2 {
		started := make(chan queue.Turn, 1)
		stop := work(t, s.Open(t), 1, func(ctx context.Context, turn queue.Turn) error {
			started <- turn
			<-ctx.Done()
			return fmt.Errorf("stopped: %w", context.Cause(ctx))
		})
		if turn := <-started; turn.Attempt != 1 || len(turn.Notes) != 2 {
			t.Fatalf("after %d stops: attempt %d with %v, want the first with both", i, turn.Attempt, ids(turn.Notes))
		}
		stop()
	}
	q := s.Open(t)
	if h := state(t, q); h.Waiting != 2 || h.Running != 0 {
		t.Errorf("after a stop both notes wait and nothing runs: got %+v", h)
	}
	var l log
	work(t, q, 1, l.and(fine))
	l.want(t, "k 1 [1 2]")
	idle(t, q)
}

// stopDone marks one note, and ends the other turn well although the process is to stop.
func stopDone(t *testing.T, s Store) {
	q := s.Open(t)
	add(t, q, 3, note("k", "1"), note("k", "2"), note("well", "3"))
	started := make(chan struct{}, 2)
	stop := work(t, q, 2, func(ctx context.Context, turn queue.Turn) error {
		started <- struct{}{}
		<-ctx.Done()
		if turn.Key == "well" {
			return nil
		}
		if err := turn.Done(context.WithoutCancel(ctx), "1"); err != nil {
			t.Error(err)
		}
		return ctx.Err()
	})
	<-started
	<-started
	stop()
	var l log
	work(t, s.Open(t), 2, l.and(fine))
	l.want(t, "k 1 [2]")
	idle(t, q)
	l.want(t, "k 1 [2]")
}
