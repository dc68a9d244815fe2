package review

import (
	"context"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/verdict"
)

// allow lowers what may be spent to what is allowed from outside, and holds what nothing may be spent for.
func (s *session) allow(ctx context.Context, plans []plan) {
	s.most = s.Config.Run.Budget
	if s.Budget == nil || s.Trigger.Asks(command.Reprice) {
		return
	}
	why := verdict.Finding{Code: "budget-spent", Text: "What pertask may spend here is spent, so the change was not measured."}
	next := "Raise the limit, or wait for the next month; then comment `/pertask run`."
	left, err := s.Budget(ctx)
	if err != nil {
		s.Log.Error("asking what may be spent", "error", err)
		left = price.Known(price.Money{})
		why = verdict.Finding{Code: "budget-not-known", Text: "What pertask may spend here could not be found out, so the change was not measured."}
		next = "Comment `/pertask run` later, or have a look at the server's log."
	}
	m, limited := left.Value()
	if !limited {
		return
	}
	if b, known := s.most.Value(); !known || m.Cmp(b) < 0 {
		s.most = left
	}
	for i := range plans {
		p := &plans[i]
		p.opts.Budget = s.most
		if p.held == nil && m.Cmp(price.Money{}) <= 0 {
			p.held = p.opts.NotMeasured(why, next)
		}
	}
}
