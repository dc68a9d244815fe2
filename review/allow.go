package review

import (
	"context"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/review/ending"
	"github.com/pertask/pertask/review/ground"
)

// allow lowers what may be spent to what is allowed from outside, and holds what nothing may be spent for.
func (s *session) allow(ctx context.Context, plans []plan) {
	if s.most = s.Config.Run.Budget; s.Trigger.Asks(command.Reprice) {
		return
	}
	most, why := s.Allowed(ctx, s.most)
	s.most = most
	for i := range plans {
		p := &plans[i]
		p.opts.Budget = most
		if p.held == nil && why != nil {
			p.held = ending.NotAllowed(p.opts, *why)
		}
	}
}

// allowAgain is allow for a suite whose trials are about to begin: others may have spent since, while this review waited for its
// turn or measured the suites before, which have cost so much. It returns a report where nothing is left.
func (s *session) allowAgain(ctx context.Context, o *compare.Options, spent price.Amount) (*report.Report, error) {
	most, why := s.Allowed(ctx, s.Config.Run.Budget)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if why != nil {
		return ending.NotAllowed(*o, *why), nil
	}
	o.Budget = ground.Remaining(most, spent)
	return nil, nil
}
