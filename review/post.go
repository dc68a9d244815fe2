package review

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/beside"
	"github.com/pertask/pertask/review/comment"
	"github.com/pertask/pertask/review/gate"
	"github.com/pertask/pertask/review/outcome"
	"github.com/pertask/pertask/verdict"
)

// post writes the result everywhere it belongs. A place that cannot be written to does not keep the others from
// being written; the errors are returned together.
func (s *session) post(ctx context.Context, results []result, canceled bool) error {
	var errs []error
	s.said = s.said.of(results)
	s.foresee(outcome.Overall(reportsOf(results)))
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
	last, cancel := outlive(ctx)
	defer cancel()
	errs = append(errs, s.complete(last, results))
	if s.halted(last) {
		return errors.Join(append(errs, context.Cause(last))...)
	}
	err := errors.Join(append(errs, s.leave(reportsOf(results)))...)
	if err == nil {
		s.forget()
	}
	return err
}

// wantsComment is false when there is nothing to say: no model setting changed and we never said anything, or the
// pull request's head has moved on.
// A mistake in the configuration shows in the check run, and in our comment when there is one.
func (s *session) wantsComment(results []result) bool {
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

func suiteNames(results []result) string {
	var names []string
	for _, r := range results {
		names = append(names, r.Suite)
	}
	return strings.Join(names, ",")
}

// said is what a check run says in place of a report's own words.
type said struct {
	title   string // plain text
	summary string // Markdown, above the report's
	instead bool   // the summary is all there is
	text    string // Markdown, in place of the report's where the summary is
	notice  string // Markdown above the result in our comment
	anew    string // Markdown of the result, where our comment shows another one
	head    string // that it was measured at
	why     string // what became of the command: plain text
	run     int64  // check run that vouches for it; 0 for none
}

// of is what is said of results: one of several suites must not speak for the others.
func (s said) of(results []result) said {
	for _, r := range results {
		s.instead = s.instead && r.kept
		same := r.Result == results[0].Result && r.Verdict == results[0].Verdict
		if !same || !r.kept && r.Reason.Code != codeSuperseded && r.Reason.Code != codeClosed {
			s.title = ""
		}
	}
	return s
}

// over is the report's Markdown below what is said besides.
func (s said) over(markdown string) string {
	if s.instead {
		return s.summary
	}
	return beside.Joined(s.summary, markdown)
}

// complete shows the outcome on the commit.
func (s *session) complete(ctx context.Context, results []result) error {
	if s.gate == nil || !s.gate.Shown() {
		return nil
	}
	reports := reportsOf(results)
	out := report.Check(reports)
	run := github.CheckRun{Conclusion: outcome.Overall(reports), Title: out.Title, Summary: out.Summary, Text: out.Text, ExternalID: cmp.Or(s.key, reports[0].EvidenceKey)}
	if s.said.title != "" {
		run.Title = s.said.title
	}
	if run.Summary = s.said.over(run.Summary); s.said.instead {
		run.Text = s.said.text
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
	return errors.Join(s.sink.Summary(s.said.over(report.Summary(reports))), outcome.Leave(s.sink, reports, s.ReportURL))
}
