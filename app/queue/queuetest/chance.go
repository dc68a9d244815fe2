package queuetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/queue"
)

// kill makes a key with the note "1" dead, and returns the turns of that.
func kill(t *testing.T, s Store, key string) (turns []string) {
	t.Helper()
	q := s.Open(t)
	var l log
	add(t, q, 1, note(key, key+" 1"))
	stop := work(t, q, 2, l.and(func(context.Context, queue.Turn) error { return errBroken }))
	wait(t, "a dead key", func() bool { return isDead(t, q, key) })
	stop()
	for i := range queue.MaxAttempts {
		turns = append(turns, fmt.Sprintf("%s %d [%s 1]", key, i+1, key))
	}
	l.want(t, turns...)
	return turns
}

func isDead(t *testing.T, q queue.Queue, key string) bool {
	t.Helper()
	return slices.ContainsFunc(state(t, q).Dead, func(d queue.Dead) bool { return d.Key == key })
}

// chance has notes come for a dead key: each time it has rested it is given out once, until that goes well.
func chance(t *testing.T, s Store) {
	kill(t, s, "k")
	q := s.Open(t)
	var l log
	var mended atomic.Bool
	work(t, q, 2, l.and(func(_ context.Context, turn queue.Turn) error {
		if turn.Key == "k" && !mended.Load() {
			return fmt.Errorf("attempt %d: %w", turn.Attempt, errBroken)
		}
		return nil
	}))
	// others waits until a sweep that would have seen the key has seen another.
	others := func(id string) {
		t.Helper()
		add(t, q, 1, note("other", id))
		wait(t, "the other key", func() bool { return slices.Contains(l.given(), id) })
		idle(t, q)
	}
	s.Rest(t, "k")
	others("no note came")
	add(t, q, 1, note("k", "2"))
	l.want(t, "other 1 [no note came]", "k 9 [k 1 2]")
	wait(t, "the words of the attempt", func() bool {
		d := state(t, q).Dead
		return len(d) == 1 && d[0].Key == "k" && d[0].Notes == 2 && strings.HasPrefix(d[0].Err, "attempt 9: ")
	})
	idle(t, q)
	add(t, q, 1, note("k", "3"))
	others("too early")
	mended.Store(true)
	s.Rest(t, "k")
	l.want(t, "other 1 [no note came]", "k 9 [k 1 2]", "other 1 [too early]", "k 10 [k 1 2 3]")
	wait(t, "a living key", func() bool { return len(state(t, q).Dead) == 0 })
	add(t, q, 1, note("k", "4"))
	l.want(t, "other 1 [no note came]", "k 9 [k 1 2]", "other 1 [too early]", "k 10 [k 1 2 3]", "k 1 [4]")
}

// chanceStopped ends the process in the one more attempt, which is then still to come.
func chanceStopped(t *testing.T, s Store) {
	kill(t, s, "k")
	s.Rest(t, "k")
	q := s.Open(t)
	add(t, q, 1, note("k", "2"))
	started := make(chan struct{})
	stop := work(t, q, 1, func(ctx context.Context, _ queue.Turn) error {
		close(started)
		<-ctx.Done()
		return context.Cause(ctx)
	})
	<-started
	if !isDead(t, q, "k") {
		t.Error("a key is alive before its attempt has come to anything")
	}
	stop()
	if !isDead(t, q, "k") {
		t.Error("a key is alive after an attempt that was stopped")
	}
	s.Rest(t, "k")
	var l log
	work(t, s.Open(t), 1, l.and(func(ctx context.Context, turn queue.Turn) error {
		if len(turn.Notes) == 2 { // it gets further than before, so it is alive
			if err := turn.Done(ctx, "k 1"); err != nil {
				t.Error(err)
			}
			return errBroken
		}
		return nil
	}))
	l.want(t, "k 9 [k 1 2]", "k 1 [2]")
	wait(t, "a living key", func() bool { return len(state(t, q).Dead) == 0 })
}

// attempts tells notes that were in a turn before from new ones.
func attempts(t *testing.T, s Store) {
	q := s.Open(t)
	add(t, q, 2, note("k", "1"), note("k", "2"))
	got := make(chan map[string]int, 3)
	work(t, q, 1, func(ctx context.Context, turn queue.Turn) error {
		got <- turn.Attempts
		switch turn.Notes[len(turn.Notes)-1].ID {
		case "2":
			if err := turn.Done(ctx, "1"); err != nil {
				t.Error(err)
			}
			add(t, q, 1, note("k", "3"))
			return errBroken
		case "3":
			if turn.Attempts["3"] == 1 {
				return errBroken
			}
		}
		return nil
	})
	for i, want := range []map[string]int{{"1": 1, "2": 1}, {"2": 2, "3": 1}, {"2": 3, "3": 2}} {
		if d := cmp.Diff(<-got, want); d != "" {
			t.Errorf("turn %d: attempts (-got +want):\n%s", i+1, d)
		}
	}
	idle(t, q)
}

func deadOf(t *testing.T, s Store) {
	q := s.Open(t)
	keys := []string{"7", "7/70/#42", "7/é", "70/7", "7-1", "7!", "8/7/1"}
	for _, key := range keys {
		add(t, q, 1, note(key, key))
	}
	stop := work(t, q, 4, func(context.Context, queue.Turn) error { return errBroken })
	wait(t, "dead keys", func() bool { return len(state(t, q).Dead) == len(keys) })
	stop()
	list, ok := q.(queue.DeadLister)
	if !ok {
		t.Fatal("the queue is no queue.DeadLister")
	}
	for prefix, want := range map[string][]string{"7": {"7", "7/70/#42", "7/é"}, "7/70": {"7/70/#42"}, "8": {"8/7/1"}, "8/7": {"8/7/1"}, "9": nil, "%": nil} {
		all, err := list.DeadOf(context.Background(), prefix)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range all {
			got = append(got, d.Key)
			if d.Notes != 1 || d.Err != errBroken.Error() || d.Last.IsZero() {
				t.Errorf("the dead key is %+v", d)
			}
		}
		slices.Sort(got)
		if d := cmp.Diff(got, want); d != "" {
			t.Errorf("dead keys of %q (-got +want):\n%s", prefix, d)
		}
	}
}

// countOf has keys of several parts that wait, are worked on, wait for their time and are dead.
func countOf(t *testing.T, s Store) {
	q, other := s.Open(t), s.Open(t)
	ended, stop := context.WithCancel(context.Background())
	release := make(chan struct{})
	end := work(t, q, 8, func(_ context.Context, turn queue.Turn) error {
		switch turn.Notes[0].Kind {
		case "broken":
			return errBroken
		case "slow":
			<-release
		}
		return nil
	})
	put := func(key, kind string, after time.Time) {
		add(t, q, 1, queue.Note{ID: key + " " + kind, Key: key, Kind: kind, After: after})
	}
	for _, key := range []string{"7/70/#1", "7/71/#9", "70/7/#1", "8/70/#1"} {
		put(key, "broken", time.Time{})
	}
	wait(t, "dead keys", func() bool { return len(state(t, q).Dead) == 4 })
	for _, key := range []string{"7", "7/70/#2", "7/70/push", "8/70"} {
		put(key, "slow", time.Time{})
	}
	wait(t, "running keys", func() bool { h := state(t, q); return h.Running == 4 && h.Waiting == 0 })
	put("7/70/#2", "waits", time.Time{})
	put("7/70/#2", "waits too", time.Time{})
	put("7/72/é", "waits for its time", time.Now().Add(time.Hour))
	put("7/70/#1", "waits for a dead key", time.Time{})
	put("7/70/push", "waits for its time", time.Now().Add(time.Hour))
	put("8/70", "waits", time.Time{})
	count := other.(queue.Counter)
	for prefix, want := range map[string][]queue.Part{
		"7":    {{Name: "7", Running: 1}, {Name: "7/70", Waiting: 2, Running: 2, Dead: 1}, {Name: "7/71", Dead: 1}},
		"7/70": {{Name: "7/70/#1", Dead: 1}, {Name: "7/70/#2", Waiting: 2, Running: 1}, {Name: "7/70/push", Running: 1}},
		"8":    {{Name: "8/70", Waiting: 1, Running: 1, Dead: 1}},
		"70":   {{Name: "70/7", Dead: 1}}, "9": nil, "%": nil, "": nil,
	} {
		got, err := count.CountOf(context.Background(), prefix)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range got {
			if p.Oldest.IsZero() == (p.Waiting > 0) || p.Waiting > 0 && time.Since(p.Oldest).Abs() > time.Hour {
				t.Errorf("of %q the oldest of %d is of %v", p.Name, p.Waiting, p.Oldest)
			}
			got[i].Oldest = time.Time{}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("parts of %q (-want +got):\n%s", prefix, d)
		}
	}
	stop()
	if _, err := count.CountOf(ended, "7"); err == nil {
		t.Error("an answer came although nobody waited for it")
	}
	close(release)
	end()
}

func ping(t *testing.T, s Store) {
	p, ok := s.Open(t).(queue.Pinger)
	if !ok {
		t.Fatal("the queue is no queue.Pinger")
	}
	if err := p.Ping(context.Background()); err != nil {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Ping(ended); err == nil {
		t.Error("an answer came although nobody waited for it")
	}
}
