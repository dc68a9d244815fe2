package review

import (
	"context"
	"slices"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/beside"
	"github.com/pertask/pertask/review/comment"
	"github.com/pertask/pertask/review/ending"
	"github.com/pertask/pertask/review/outcome"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/verdict"
)

// acceptedAll reports whether a person has let in all that is asked, by what our comment keeps now.
func (s *session) acceptedAll(ctx context.Context) bool {
	for _, q := range s.asked {
		if _, ok := s.lets(ctx, q); !ok {
			return false
		}
	}
	return len(s.asked) > 0
}

// lets returns the acceptance of what is asked. One that cannot be proven now does not count now.
func (s *session) lets(ctx context.Context, q state.Asked) (state.Acceptance, bool) {
	a, there := s.state.Accepted(q)
	if !there {
		return a, false
	}
	_, why, err := s.prove(ctx, s.Trigger.Pull, a)
	return a, err == nil && why == ""
}

// acceptedMeanwhile is the report of a suite whose trials an acceptance has ended, or whose turn had not come, with what was
// spent.
func (s *session) acceptedMeanwhile(ctx context.Context, p *plan) (*report.Report, error) {
	a, ok := s.lets(context.WithoutCancel(ctx), p.asked)
	if !ok {
		return nil, context.Cause(ctx)
	}
	r := s.acceptedReport(*p, a)
	r.SpentUSD, s.lost = s.lost, price.Known(price.Money{})
	p.kept = true
	return r, nil
}

// acceptedLate lets in what a person has accepted since the last look at our comment. What was measured stays to be seen.
func (s *session) acceptedLate(ctx context.Context, results []outcome.Result) []outcome.Result {
	measured := func(r outcome.Result) bool { return !r.Kept && r.Result == verdict.Measured }
	if !slices.ContainsFunc(results, measured) || s.look(ctx) != nil {
		return results
	}
	for i, r := range results {
		a, ok := s.lets(ctx, r.Asked)
		if !measured(r) || !ok {
			continue
		}
		out := *r.Report
		row := s.Config.Verdict.Outcome(verdict.Accepted, out.Verdict)
		out.Result, out.Decision, out.Reason = verdict.Accepted, report.Decision{Blocks: row.Blocks, Exit: row.Exit}, accepted(a)
		s.said.Summary = beside.Joined(s.said.Summary, beside.Acceptance(a).Line())
		results[i].Report = &out
	}
	return results
}

// others is how long a review may take from its look at our comment until it has written it.
const others = ending.Timeout

// stay sees to it that an acceptance is kept: a review under way may have read our comment before it was written, and may
// write it after that.
func (s *session) stay(ctx context.Context, given state.Acceptance) error {
	for range 3 {
		if err := s.sleep(ctx, others+time.Second); err != nil {
			return err
		}
		if err := s.thread.Look(ctx); err != nil {
			return err
		}
		if c, there := s.thread.Latest(); there {
			kept, _ := state.Decode(c.Marker.Data)
			if slices.ContainsFunc(kept.Acceptances, func(a state.Acceptance) bool { return a.Same(given) }) {
				return nil
			}
		}
		s.recall()
		if err := s.rewrite(ctx, "", false); err != nil {
			return err
		}
	}
	return nil
}

// underWay reports whether our comment says that trials run.
func (s *session) underWay() bool {
	c, there := s.thread.Current()
	return there && comment.Parse(c).Progress != ""
}
