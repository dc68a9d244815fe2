package review

import (
	"context"
	"errors"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/beside"
	"github.com/pertask/pertask/review/outcome"
	"github.com/pertask/pertask/review/spend"
	"github.com/pertask/pertask/verdict"
)

// monthTimeout bounds how long the outcome waits for the branch, which others may be writing to.
const monthTimeout = 5 * time.Second

// spentThisMonth keeps what this review spent, where the repository has a branch for that, and returns what the month's
// checks cost; nil where that is not known. A review that spent nothing adds nothing.
func (s *session) spentThisMonth(ctx context.Context, results []outcome.Result) *report.MonthSpend {
	if s.LedgerBranch == "" || s.Trigger.Bare() || s.Trigger.Kind == MergeGroup || len(results) == 0 || results[0].Result == verdict.NothingChanged {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, monthTimeout)
	defer cancel()
	m, err := spend.Keep(ctx, s.GitHub, s.Trigger.Repo, s.LedgerBranch, s.line(results))
	if err != nil {
		s.unkept(err)
		return nil
	}
	return &report.MonthSpend{Spent: m.Spent, Checks: m.Checks, AtLeast: m.AtLeast}
}

// line is what this review spent, over all suites.
func (s *session) line(results []outcome.Result) spend.Line {
	l := spend.Line{Time: s.started, Pull: s.Trigger.Pull, Head: s.Trigger.HeadSHA, Kind: string(s.Trigger.Kind), USD: price.Known(price.Money{})}
	for _, r := range results {
		l.USD, l.AtLeast = l.USD.Plus(r.SpentUSD), l.AtLeast || r.SpentAtLeast
	}
	return l
}

// unkept says that the branch could not be used.
func (s *session) unkept(err error) {
	s.Log.Warn("keeping what the check cost", "branch", s.LedgerBranch, "error", err)
	if errors.Is(err, github.ErrPermission) {
		s.said.Summary = beside.Joined(s.said.Summary, permission("branch of what checks cost", "contents: write").Text)
	}
}
