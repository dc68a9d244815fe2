package progress

import (
	"context"
	"sync"
	"time"
)

// Watch calls look at each pulse, nil for one every Every, until the context ends or the returned function is called, which
// waits for the last look: a trial may take longer than others wait for a sign of life.
func Watch(ctx context.Context, pulse <-chan time.Time, look func()) (stop func()) {
	end := func() {}
	if pulse == nil {
		t := time.NewTicker(Every)
		pulse, end = t.C, t.Stop
	}
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-pulse:
				look()
			}
		}
	})
	return func() {
		end()
		close(done)
		watching.Wait()
	}
}
