package page

import (
	"context"
	"net/http"
	"time"
)

const (
	// maxHeavy is how many reads of many records there are at once in a process: each holds up to some ten thousand in memory.
	maxHeavy = 4
	// heavyWait is how long one waits for its turn.
	heavyWait = 15 * time.Second
)

// heavy limits how many of these are made at once.
func (s *server) heavy(build builder) builder {
	return func(v *visit) (*view, error) {
		release, err := s.turn(v.ctx)
		if err != nil {
			return nil, err
		}
		defer release()
		return build(v)
	}
}

func (s *server) turn(ctx context.Context) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, heavyWait)
	defer cancel()
	select {
	case s.reads <- struct{}{}:
		return func() { <-s.reads }, nil
	case <-ctx.Done():
		return nil, problem{http.StatusServiceUnavailable, "Not just now", "Many people read a lot at once. Please try again in a minute."}
	}
}
