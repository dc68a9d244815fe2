package guard

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// ErrBusy is wrapped by the error of somebody who waited for a turn in vain, or who waits for too many already.
var ErrBusy = errors.New("too much is read at once")

// Turns gives out turns of which there are only so many at once, in fair shares: nobody has more than Each of them, and a turn that
// becomes free goes to whoever has the fewest, and of those to who waits the longest. It is safe for concurrent use. Its zero value
// gives out none.
type Turns struct {
	All  int           // turns at once
	Each int           // of one person
	Line int           // how many of one person's may wait
	Wait time.Duration // the longest

	mu      sync.Mutex
	taken   int
	has     map[int64]int // turns of each person
	waiting []*waiter     // the longest first
}

type waiter struct {
	person int64
	turn   chan struct{} // closed when it is there
}

// Take waits for a turn of a person. It is given back by release, which may be called more than once. The error wraps ErrBusy, or is
// the cause of the context's end.
func (t *Turns) Take(ctx context.Context, person int64) (release func(), err error) {
	w := &waiter{person, make(chan struct{})}
	if !t.enter(w) {
		return nil, ErrBusy
	}
	limit := time.NewTimer(t.Wait)
	defer limit.Stop()
	select {
	case <-w.turn:
		return sync.OnceFunc(func() { t.leave(w) }), nil
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-limit.C:
		err = ErrBusy
	}
	t.leave(w)
	return nil, err
}

// enter puts somebody into the line, unless too many of theirs are in it.
func (t *Turns) enter(w *waiter) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	mine := 0
	for _, o := range t.waiting {
		if o.person == w.person {
			mine++
		}
	}
	t.waiting = append(t.waiting, w)
	t.give()
	if !slices.Contains(t.waiting, w) {
		return true
	}
	if mine >= t.Line {
		t.waiting = slices.DeleteFunc(t.waiting, func(o *waiter) bool { return o == w })
		return false
	}
	return true
}

// leave takes somebody out of the line, or gives their turn back.
func (t *Turns) leave(w *waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.waiting, w); i >= 0 {
		t.waiting = slices.Delete(t.waiting, i, i+1)
		return
	}
	t.taken--
	if t.has[w.person]--; t.has[w.person] == 0 {
		delete(t.has, w.person)
	}
	t.give()
}

// give gives out what is free.
func (t *Turns) give() {
	for t.taken < t.All {
		best := -1
		for i, w := range t.waiting {
			if t.has[w.person] < t.Each && (best < 0 || t.has[w.person] < t.has[t.waiting[best].person]) {
				best = i
			}
		}
		if best < 0 {
			return
		}
		w := t.waiting[best]
		t.waiting = slices.Delete(t.waiting, best, best+1)
		if t.has == nil {
			t.has = map[int64]int{}
		}
		t.taken++
		t.has[w.person]++
		close(w.turn)
	}
}
