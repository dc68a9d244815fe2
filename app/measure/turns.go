package measure

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
)

// turns lets the reviews of this process that have the same evidence, such as two pull requests with the same change, append to
// its journal one after the other: the second finds what the first has paid for. Between processes the journal itself says who
// has it. The zero value is ready.
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

// taken is a journal whose turn ends when it is closed.
type taken struct {
	trial.Journal
	end func()
}

// Close implements io.Closer.
func (j taken) Close() error {
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
