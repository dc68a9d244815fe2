package page

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// So many reads of many records are made at once and no more. Whoever waits gets their turn, or is told to come again.
func TestHeavy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{reads: make(chan struct{}, maxHeavy)}
		var now, most, made, refused atomic.Int64
		took := time.Second
		build := s.heavy(func(*visit) (*view, error) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer now.Add(-1)
			time.Sleep(took)
			made.Add(1)
			return &view{}, nil
		})
		ask := func(n int) {
			var all sync.WaitGroup
			for range n {
				all.Go(func() {
					_, err := build(&visit{ctx: t.Context()})
					var p problem
					if errors.As(err, &p) && p.status == http.StatusServiceUnavailable {
						refused.Add(1)
					} else if err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
		ask(3 * maxHeavy)
		if made.Load() != 3*maxHeavy || most.Load() != maxHeavy || refused.Load() != 0 {
			t.Errorf("%d made, %d at once, %d refused", made.Load(), most.Load(), refused.Load())
		}
		took = time.Minute
		ask(maxHeavy + 2)
		if refused.Load() != 2 {
			t.Errorf("%d refused, want 2", refused.Load())
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for range maxHeavy {
			s.reads <- struct{}{}
		}
		if _, err := build(&visit{ctx: gone}); err == nil {
			t.Error("somebody who has gone is served")
		}
	})
}
