package app

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/work"
)

// fair keeps one installation from having all the workers of this process, most of which wait for a place among the reviews that
// measure. What is too much is put back into the queue for later. The App's own keys, and those of installations coming and
// going, always find a worker: there are more workers than all others may have. It is safe for concurrent use.
type fair struct {
	each, all int // turns of one installation, and of all of them
	do        queue.Do
	add       func(context.Context, ...queue.Note) (int, error)
	now       func() time.Time

	mu    sync.Mutex
	busy  map[int64]int
	total int
}

// backIn is after how long what was put back is tried again, at the earliest; it may be twice that.
const backIn = 10 * time.Second

// turn implements queue.Do.
func (f *fair) turn(ctx context.Context, t queue.Turn) error {
	first, _, _ := strings.Cut(t.Key, "/")
	if first == "app" || strings.HasSuffix(t.Key, "/installation") {
		return f.do(ctx, t)
	}
	installation, _ := strconv.ParseInt(first, 10, 64) // what is none has 0
	// What an earlier attempt may have begun is gone on with.
	began := t.Attempt > 1
	for _, n := range t.Attempts {
		began = began || n > 1 // also by a process that was told to stop
	}
	if !f.enter(installation, began) {
		return f.later(ctx, t)
	}
	defer f.leave(installation)
	return f.do(ctx, t)
}

func (f *fair) enter(installation int64, whatever bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !whatever && (f.busy[installation] >= f.each || f.total >= f.all) {
		return false
	}
	if f.busy == nil {
		f.busy = map[int64]int{}
	}
	f.busy[installation]++
	f.total++
	return true
}

func (f *fair) leave(installation int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.total--
	if f.busy[installation]--; f.busy[installation] == 0 {
		delete(f.busy, installation)
	}
}

// later puts the notes of a turn back, under names that are theirs in package work too. A process that dies between the two
// steps leaves them twice, which is one review.
func (f *fair) later(ctx context.Context, t queue.Turn) error {
	after := f.now().Add(backIn + rand.N(backIn))
	var notes []queue.Note
	for _, n := range t.Notes {
		n.ID, n.After = work.Again(n.ID), after
		notes = append(notes, n)
	}
	ctx = context.WithoutCancel(ctx)
	if _, err := f.add(ctx, notes...); err != nil {
		return err
	}
	for _, n := range t.Notes {
		if err := t.Done(ctx, n.ID); err != nil {
			return err
		}
	}
	return nil
}
