package review

import (
	"context"
	"errors"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/change"
	"github.com/pertask/pertask/verdict"
)

// errPanic ends a review that has panicked.
var errPanic = errors.New("pertask broke; please report this with the log of the workflow")

// broken is the report of a review that could not be carried out, with what it has spent all the same.
func (s *session) broken(ctx context.Context, err error) *report.Report {
	r := s.brokenBy(ctx, err)
	r.SpentUSD = s.lost
	return r
}

func (s *session) brokenBy(ctx context.Context, err error) *report.Report {
	o := s.Comparison()
	if ctx.Err() != nil {
		return o.NotMeasured(verdict.Finding{Code: "canceled", Text: "The check was cancelled before a verdict."},
			"Push again or rerun the workflow to measure.")
	}
	var bad *change.Mistake
	if errors.As(err, &bad) {
		return o.BadInput(bad.Err)
	}
	return s.broke(o, err)
}

// broke is the report of what could not be carried out for a reason that is not the pull request's.
func (s *session) broke(o compare.Options, err error) *report.Report {
	s.Log.Error("the review could not be carried out", "error", err)
	return o.NotMeasured(verdict.Finding{Code: "broke", Text: "The check could not be carried out: " + told(err)},
		"Rerun the workflow; if it breaks again, its log says more.")
}

// told is what people on the pull request are told of an error that is not theirs: GitHub's own answer or what is wrong with
// a tree, and of all others fixed words. Their texts may name the addresses of databases, folders and hosts, which are for the log.
func told(err error) string {
	if errors.Is(err, errPanic) {
		return errPanic.Error()
	}
	if answer := (*github.Error)(nil); errors.As(err, &answer) {
		return answer.Error()
	}
	if held := (*change.TreeError)(nil); errors.As(err, &held) {
		return held.Error()
	}
	for _, known := range []error{github.ErrAuth, github.ErrPermission, github.ErrNotFound, github.ErrTooLong, github.ErrRateLimited} {
		if errors.Is(err, known) {
			return "GitHub: " + known.Error()
		}
	}
	return "something broke where it runs; the log there says what"
}
