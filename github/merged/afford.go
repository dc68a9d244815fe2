package merged

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pertask/pertask/github/wire"
)

// shortError says that going on would take points that are left to others.
type shortError struct {
	rateLimit
	reserve int
}

// Error returns one line.
func (e *shortError) Error() string {
	return fmt.Sprintf("%v: %d of %d points of the hour are left, and %d are not to be used; until %s", wire.ErrRateLimited, e.Remaining, e.Limit, e.reserve, e.ResetAt.UTC().Format(time.RFC3339))
}

// Unwrap returns wire.ErrRateLimited.
func (e *shortError) Unwrap() error { return wire.ErrRateLimited }

// afford waits for the next hour when the next query would take more than what is to be used of this one, or returns an error
// when that is too long, or when the read has cost enough. The first query is always made: what it costs is in its answer.
func (s *session) afford(ctx context.Context) error {
	if s.rate == nil || s.rate.Limit <= 0 {
		return nil
	}
	if s.opt.Budget > 0 && s.cost+s.rate.Cost > s.opt.Budget {
		return fmt.Errorf("%w: %d of %d points", ErrBudget, s.cost, s.opt.Budget)
	}
	reserve := s.opt.Reserve
	if reserve == 0 {
		reserve = s.rate.Limit / 10
	}
	reserve = max(reserve, 0)
	if s.rate.Remaining-s.rate.Cost >= reserve {
		return nil
	}
	wait := s.rate.ResetAt.Sub(s.now()) + time.Second
	if deadline, ok := ctx.Deadline(); wait > s.maxWait || ok && s.now().Add(wait).After(deadline) {
		return &shortError{*s.rate, reserve}
	}
	s.rate = nil
	return s.sleep(ctx, max(wait, time.Second))
}

func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}
