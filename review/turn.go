package review

import (
	"context"
	"fmt"
	"time"

	"github.com/pertask/pertask/review/claim"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/review/ending"
	"github.com/pertask/pertask/review/progress"
)

// turn waits until no other review of this commit spends. What another one has found out in the meantime may answer this one,
// so its result is looked at again. It returns a report where the wait was too long.
func (s *session) turn(ctx context.Context, plans []plan) error {
	if s.Trigger.Asks(command.Reprice) {
		return nil
	}
	waited := false
	for began := s.Now(); ; waited = true {
		free, err := s.gate.Take(ctx, (progress.Standing{}).Title())
		if err != nil {
			return fmt.Errorf("looking whether another review of this commit measures: %w", err)
		}
		if free {
			break
		}
		if s.Now().Sub(began) >= claim.Patience {
			return s.busy(plans)
		}
		if err := s.sleep(ctx, claim.Every); err != nil {
			return err
		}
		if err := s.gone(ctx); err != nil {
			return err
		}
	}
	if !waited {
		return nil
	}
	s.gate.CloseStale(ctx, s.Log) // of one that was waited for in vain
	if err := s.thread.Look(ctx); err != nil {
		return err
	}
	s.recall()
	s.checks = nil
	return s.answer(ctx, plans)
}

// busy holds what others are at.
func (s *session) busy(plans []plan) error {
	if s.Trigger.Command != nil {
		return &refusal{"another review of this commit measures; ask again when it has ended"}
	}
	for i := range plans {
		if p := &plans[i]; p.held == nil {
			p.held = ending.Busy(p.opts, s.blockedExit())
		}
	}
	return nil
}

// sleep waits, as the options say.
func (s *session) sleep(ctx context.Context, d time.Duration) error {
	if s.Sleep != nil {
		return s.Sleep(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
