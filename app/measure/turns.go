package measure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
)

// turns lets the reviews of this process that have the same evidence, such as two pull requests with the same change, append to
// its journal one after the other: the second finds what the first has paid for. Between processes the journal itself says who
// has it: see waiter. The zero value is ready.
type turns struct {
	mu   sync.Mutex
	held map[turn]chan struct{} // closed when the holder is done
}

type turn struct {
	Tenant
	key string
}

// take waits for the turn and returns the function that ends it.
func (t *turns) take(ctx context.Context, of turn) (func(), error) {
	for {
		t.mu.Lock()
		if t.held == nil {
			t.held = map[turn]chan struct{}{}
		}
		busy, taken := t.held[of]
		if !taken {
			done := make(chan struct{})
			t.held[of] = done
			t.mu.Unlock()
			return sync.OnceFunc(func() {
				t.mu.Lock()
				delete(t.held, of)
				t.mu.Unlock()
				close(done)
			}), nil
		}
		t.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for another review with the same evidence: %w", context.Cause(ctx))
		}
	}
}

// waiter is a journal that one process at a time may append to. Take waits until this is the one.
type waiter interface {
	Take(ctx context.Context) error
}

// stuck bounds how long a review waits for a journal while it has others: two reviews may each have what the other one waits for,
// where their configurations name the same suites in another order. Who has waited so long is tried again, and has none then.
const stuck = time.Hour

// journal opens the journal of an evidence key for a review, waits until that may append to it, and looks what it has to say of
// money then: who had it before has written down by now what it has spent.
func (m *Measurer) journal(ctx context.Context, j Job, k *keeper, of Evidence, key string) (trial.Journal, error) {
	if open, there := k.held[key]; there {
		return open, nil
	}
	waiting := ctx
	if len(k.held) > 0 {
		var cancel func()
		waiting, cancel = context.WithTimeoutCause(ctx, m.stuck, errors.New("each of two reviews may have waited for the other"))
		defer cancel()
	}
	end, err := m.turns.take(waiting, turn{j.tenant(), key})
	if err != nil {
		return nil, err
	}
	journal, err := of.Journal(ctx, key)
	if err != nil {
		end()
		return nil, err
	}
	t := taken{journal, end}
	if w, ok := journal.(waiter); ok {
		err = w.Take(waiting)
	}
	if err == nil {
		err = k.opened(ctx, key)
	}
	if err != nil {
		return nil, errors.Join(err, t.close())
	}
	if k.held == nil {
		k.held = map[string]taken{}
	}
	k.held[key] = t
	return t, nil
}

// giveBack lets others have the journals of the review, once it is written down what it has come to.
func (k *keeper) giveBack() {
	for _, t := range k.held {
		if err := t.close(); err != nil {
			k.log.Warn("closing a journal", "error", err)
		}
	}
	k.held = nil
}

// taken is a journal that a review has until it is written down: package review only lets go of it.
type taken struct {
	trial.Journal
	end func()
}

func (j taken) close() error {
	defer j.end()
	if c, ok := j.Journal.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Claim implements journal.Claimant.
func (j taken) Claim(want journal.Subject) error {
	if c, ok := j.Journal.(journal.Claimant); ok {
		return c.Claim(want)
	}
	return nil
}
