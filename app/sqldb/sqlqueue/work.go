package sqlqueue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/pertask/pertask/app/queue"
)

// worker is one call of Work.
type worker struct {
	q    *Queue
	ctx  context.Context // of Work: ended when the process is to stop
	do   queue.Do
	last sync.WaitGroup
}

// Work implements queue.Queue.
func (q *Queue) Work(ctx context.Context, workers int, do queue.Do) error {
	w := &worker{q: q, ctx: ctx, do: do}
	jobs, err := q.jobs(workers, w.turn)
	if err != nil {
		return fmt.Errorf("working: %w", err)
	}
	// River's own context goes on, so that what it writes at the end of a turn is written.
	if err := jobs.start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("working: %w", err)
	}
	w.last.Go(func() { q.sweeps(ctx, jobs) })
	<-ctx.Done()
	jobs.stop()
	w.last.Wait()
	return nil
}

// turn works on the notes of a key that somebody was woken for. What it returns is for River alone, which must not try again by
// itself: what was not done is in our rows.
func (w *worker) turn(ctx context.Context, key string) error {
	if w.ctx.Err() != nil {
		return river.JobSnooze(0) // for another process
	}
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	l, err := w.q.take(bound, key)
	cancel()
	if err != nil {
		w.q.opts.Log.Error("a key could not be taken", slog.String("key", key), slog.Any("error", err))
		return river.JobSnooze(time.Second)
	}
	if l == nil {
		return nil
	}
	e := w.work(l)
	w.giveBack(l, e)
	return nil
}

// work calls Do while another goroutine says that this worker lives. The end of the turn's context has one cause, so a key that is
// lost after the process was told to stop shows in Turn.Lost alone.
func (w *worker) work(l *lease) end {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(w.ctx))
	defer cancel(nil)
	defer context.AfterFunc(w.ctx, func() { cancel(queue.ErrStopped) })()
	lost := make(chan struct{})
	var once sync.Once
	lose := func(err error) {
		cancel(err)
		once.Do(func() { close(lost) })
	}
	var renewing sync.WaitGroup
	over := make(chan struct{})
	renewing.Go(func() { l.keep(context.WithoutCancel(w.ctx), over, lose) })
	err := w.call(ctx, queue.Turn{Key: l.key, Notes: l.notes, Attempt: l.tries, Attempts: l.turns, Epoch: l.epoch, Done: l.done, Lost: lost})
	close(over)
	renewing.Wait()
	return end{err: err, stopped: w.ctx.Err() != nil}
}

// call calls Do; a panic of it is an error.
func (w *worker) call(ctx context.Context, t queue.Turn) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			w.q.opts.Log.Error("a turn panicked", slog.String("key", t.Key), slog.String("stack", string(debug.Stack())))
		}
	}()
	return w.do(ctx, t)
}

// keep renews a lease until the turn is over. It says that the key is lost when it is another's, and at the moment until which it
// certainly is ours: a database that is slow, or does not answer at all, must not make two workers of a key.
func (l *lease) keep(ctx context.Context, over <-chan struct{}, lose func(error)) {
	limit := time.AfterFunc(time.Until(l.safe), func() {
		lose(fmt.Errorf("%w, or may have been: it could not be renewed in time", queue.ErrLost))
	})
	defer limit.Stop()
	tick := time.NewTicker(l.q.opts.Renew)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		asked := time.Now()
		bound, stop := context.WithTimeout(ctx, max(l.q.opts.Lease/3, time.Second))
		err := l.renew(bound)
		stop()
		switch {
		case err == nil:
			if !limit.Reset(time.Until(asked.Add(l.q.opts.Lease))) {
				return // too late: the turn was told that the key is lost
			}
		case isLost(err):
			lose(err)
			return
		default:
			l.q.opts.Log.Warn("a lease could not be renewed", slog.String("key", l.key), slog.Any("error", err))
		}
	}
}

// giveBack ends a turn, and tries for as long as a lease lasts where the database does not answer. After that, others see that
// the lease has run out.
func (w *worker) giveBack(l *lease, e end) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), l.q.opts.Lease)
	defer cancel()
	for wait := 10 * time.Millisecond; ; wait *= 2 {
		err := l.giveBack(ctx, e)
		if err == nil {
			break
		}
		w.q.opts.Log.Warn("a key could not be given back", slog.String("key", l.key), slog.String("error", words(err)))
		if isLost(err) || ctx.Err() != nil {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(min(wait, time.Second)):
		}
	}
	if e.err != nil && !e.stopped && !errors.Is(e.err, queue.ErrLost) {
		w.q.opts.Log.Warn("a turn failed", slog.String("key", l.key), slog.Int("attempt", l.tries), slog.String("error", words(e.err)))
	}
}
