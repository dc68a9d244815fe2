package review

import (
	"cmp"
	"context"
	"errors"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/comment"
	"github.com/pertask/pertask/review/ending"
	"github.com/pertask/pertask/review/gate"
	"github.com/pertask/pertask/review/outcome"
	"github.com/pertask/pertask/verdict"
)

// post writes the result everywhere it belongs. A place that cannot be written to does not keep the others from
// being written; the errors are returned together.
func (s *session) post(ctx context.Context, results []outcome.Result, canceled bool) error {
	var errs []error
	s.said = s.said.Of(results)
	s.foresee(outcome.Overall(outcome.Reports(results)))
	s.month = s.spentThisMonth(ctx, results)
	switch {
	case canceled || s.moved():
		errs = append(errs, s.rest(ctx))
	case s.wantsComment(results):
		errs = append(errs, s.comment(ctx, results))
	}
	if s.halted(ctx) {
		return errors.Join(append(errs, context.Cause(ctx))...)
	}
	// A comment that takes all the time there is must not leave the check run open.
	last, cancel := ending.Outlive(ctx)
	defer cancel()
	errs = append(errs, s.complete(last, results))
	if s.halted(last) {
		return errors.Join(append(errs, context.Cause(last))...)
	}
	err := errors.Join(append(errs, s.leave(outcome.Reports(results)))...)
	if err == nil {
		s.forget()
	}
	return err
}

// wantsComment is false when there is nothing to say: no model setting changed and we never said anything, or the
// pull request's head has moved on.
// A mistake in the configuration shows in the check run, and in our comment when there is one.
func (s *session) wantsComment(results []outcome.Result) bool {
	if s.Trigger.Pull == 0 || s.Trigger.Kind == MergeGroup || s.thread.Mode == comment.Off || s.moved() {
		return false
	}
	if len(s.thread.Known) > 0 {
		return true
	}
	for _, r := range results {
		if r.Result != verdict.NothingChanged && r.Result != verdict.BadInput {
			return true
		}
	}
	return false
}

// complete shows the outcome on the commit.
func (s *session) complete(ctx context.Context, results []outcome.Result) error {
	if s.gate == nil || !s.gate.Shown() {
		return nil
	}
	reports := outcome.Reports(results)
	out := report.Check(reports)
	run := github.CheckRun{Conclusion: outcome.Overall(reports), Title: out.Title, Summary: out.Summary, Text: out.Text, ExternalID: cmp.Or(s.key, reports[0].EvidenceKey)}
	if s.said.Title != "" {
		run.Title = s.said.Title
	}
	if run.Summary = s.said.Over(run.Summary); s.said.Instead {
		run.Text = s.said.Text
	}
	if s.Buttons && s.Trigger.Kind != MergeGroup {
		run.Actions = outcome.Buttons(s.runOf(results).Suites)
	}
	for _, a := range out.Annotations {
		run.Annotations = append(run.Annotations, github.Annotation{Path: a.Path, StartLine: a.Line, EndLine: a.Line,
			Level: string(a.Level), Title: a.Title, Message: a.Message})
	}
	return s.settle(s.gate.Complete(ctx, run))
}

// foresee makes a check run that is left open from here on end with a conclusion that blocks: whoever finishes it knows no
// more than what is remembered.
func (s *session) foresee(conclusion string) {
	if s.gate != nil && s.gate.Shown() && (conclusion == gate.Failure || conclusion == gate.Required) {
		s.gate.Conclusion = conclusion
		s.remember()
	}
}

// settle says of a status that it is complete, so that only the comment is left to finish: nobody could see that of it, and
// whoever finishes would write over it.
func (s *session) settle(err error) error {
	if err != nil || !s.gate.Check.Status {
		return err
	}
	left := Check{Check: gate.Check{Name: s.gate.Name, HeadSHA: s.gate.HeadSHA}, Pull: s.Trigger.Pull, Started: s.started}
	if err := s.sink.Opened(left); err != nil {
		s.Log.Warn("forgetting the check run", "error", err)
	}
	return nil
}

// forget says that there is nothing left to finish. Nobody could see of a status that it is complete.
func (s *session) forget() {
	if err := s.sink.Opened(Check{}); err != nil {
		s.Log.Warn("forgetting the check run", "error", err)
	}
}

// leave hands the summary, the outputs and the files to the sink.
func (s *session) leave(reports []*report.Report) error {
	return errors.Join(s.sink.Summary(s.said.Over(report.Summary(reports))), outcome.Leave(s.sink, reports, s.ReportURL))
}
