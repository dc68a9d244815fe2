package review

import (
	"cmp"
	"context"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/pull"
	"github.com/pertask/pertask/review/ending"
)

// The causes of contexts that end a review which goes on elsewhere; see package ending.
var (
	ErrOvertaken = ending.ErrOvertaken
	ErrStopped   = ending.ErrStopped
)

// halted reports whether a review is not to be ended here, since it goes on elsewhere: by a context that the caller has ended.
func (s *session) halted(ctx context.Context) bool { return ending.Elsewhere(ctx, s.ID != "") }

// broken is the report of a review that could not be carried out, with what it has spent all the same.
func (s *session) broken(ctx context.Context, err error) *report.Report {
	r := ending.ByError(ctx, s.Comparison(), err)
	if r.Reason.Code == "broke" {
		s.Log.Error("the review could not be carried out", "error", err)
	}
	r.SpentUSD = s.lost
	return r
}

// broke is the report of what could not be carried out for a reason that is not the pull request's.
func (s *session) broke(o compare.Options, err error) *report.Report {
	s.Log.Error("the review could not be carried out", "error", err)
	return ending.Broken(o, err)
}

// over is the report of a review whose pull request was closed.
func (s *session) over() *report.Report {
	s.said.Title = "Closed before a verdict"
	r := ending.ByClosing(s.Comparison())
	r.SpentUSD = s.lost
	return r
}

// superseded is the report of a review whose head is not the pull request's any more.
func (s *session) superseded() *report.Report {
	by := cmp.Or(s.newer, s.facts.Head)
	s.said.Title = "Superseded by " + pull.Short(by)
	r := ending.BySuperseding(s.Comparison(), by)
	r.SpentUSD = s.lost
	return r
}
