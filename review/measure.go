package review

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/internal/tree"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/verdict"
)

func untar(r io.Reader) (*tree.Tree, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("reading the base's archive: %w", err)
	}
	return tree.FromTar(z, true, tree.Limits{})
}

// measureChange measures a change of settings with every suite that it concerns.
func (s *session) measureChange(ctx context.Context) ([]*report.Report, error) {
	if len(s.config.Suites) == 0 {
		return []*report.Report{s.options().NotMeasured(
			verdict.Finding{Code: "no-suite", Text: "No task suite is configured, so the change was not measured."},
			fmt.Sprintf("Write a suite and name it under `suite` in `%s`; docs/config.md shows both.", s.ConfigPath))}, nil
	}
	source, err := s.source(ctx)
	if err != nil {
		return nil, err
	}
	var reports []*report.Report
	for _, cs := range s.config.Suites {
		if !s.concerns(cs) {
			continue
		}
		r, err := s.measureSuite(ctx, source, cs)
		if r != nil {
			reports = append(reports, r)
		}
		if err != nil {
			return reports, err
		}
	}
	if len(reports) == 0 {
		return []*report.Report{s.options().NotMeasured(
			verdict.Finding{Code: "no-suite", Text: "No suite is configured for the files that changed, so the change was not measured."},
			"Add the file to the `models` of a suite.")}, nil
	}
	return reports, nil
}

// concerns reports whether a suite is for one of the files whose settings changed. One without a list is for all.
func (s *session) concerns(cs config.Suite) bool {
	if len(cs.Models) == 0 {
		return true
	}
	return slices.ContainsFunc(s.pair.Changes, func(c arm.Change) bool { return slices.Contains(cs.Models, c.Source.Path) })
}

// measureSuite measures with one suite, or says why it was not measured.
func (s *session) measureSuite(ctx context.Context, source *tree.Tree, cs config.Suite) (*report.Report, error) {
	su, err := suite.Load(source, cs.Path)
	if err != nil {
		return nil, &inputError{err}
	}
	if cs.Name != "" {
		su.Name = cs.Name
	}
	o := s.options()
	o.Suite = su
	if f, ok := s.suiteTouched(su); ok {
		o.Findings = append(o.Findings, f)
	}
	ups := s.config.AllUpstreams()
	b := compare.Bench{Source: source, Watches: s.watches(), Upstreams: ups, Keys: s.Keys(ups), Scratch: s.Scratch,
		Concurrency: s.config.Run.Concurrency, Getenv: s.Getenv, Transport: s.Transport}
	if r := s.hold(o, b); r != nil {
		return r, nil
	}
	return s.run(ctx, o, b)
}

// hold returns a report when a change must not be measured now: nothing was spent.
func (s *session) hold(o compare.Options, b compare.Bench) *report.Report {
	if s.trigger.Kind == MergeGroup {
		return o.NotMeasured(verdict.Finding{Code: "merge-queue", Text: "A merge queue never spends; the pull request's own check has the verdict."})
	}
	if s.trigger.Fork && s.trigger.Kind == PullRequest {
		return o.NotMeasured(verdict.Finding{Code: "fork", Text: "The pull request comes from a fork, which gets no provider keys."},
			"A person with write access can push the branch to this repository to have it measured.")
	}
	for _, f := range o.Findings {
		if f.Withhold {
			return o.NotMeasured(f, "Apply this part of the change on the base branch first, where it is reviewed as configuration.")
		}
	}
	if err := b.Ready(o); err != nil {
		var next []string
		if errors.Is(err, compare.ErrNoKey) {
			next = append(next, "Give the step the provider's key by `env`, from a repository secret.")
		}
		return o.NotMeasured(verdict.Finding{Code: "not-ready", Text: "The change was not measured: " + notReady(err) + "."}, next...)
	}
	return s.overBudget(o)
}

// notReady is what is missing, without saying twice that the change was not measured.
func notReady(err error) string {
	return strings.TrimPrefix(err.Error(), compare.ErrNotReady.Error()+": ")
}

// overBudget holds a review whose forecast is above auto_run_below until a person asks for it.
func (s *session) overBudget(o compare.Options) *report.Report {
	limit, limited := s.config.Run.AutoRunBelow.Value()
	if !limited || s.trigger.Kind == Command || s.trigger.Kind == Dispatch {
		return nil
	}
	f := o.Forecast()
	usd, known := f.USD.Value()
	if known && usd.Cmp(limit) <= 0 {
		return nil
	}
	text := fmt.Sprintf("Measuring is forecast to cost %s USD, above `auto_run_below` (%s USD).", usd.Fixed(2), limit)
	if !known {
		text = fmt.Sprintf("What measuring will cost cannot be forecast, because a price is not known, and `auto_run_below` is %s USD.", limit)
	}
	return o.NotMeasured(verdict.Finding{Code: "over-auto-run-below", Text: text},
		"Raise `run.auto_run_below` on the base branch, or measure at a terminal with `pertask compare`.")
}

// run carries out the trials.
func (s *session) run(ctx context.Context, o compare.Options, b compare.Bench) (*report.Report, error) {
	var err error
	if b.Journal, o.Journal, err = s.Journal(o.EvidenceKey()); err != nil {
		return nil, err
	}
	if s.Progress != nil {
		name := o.Suite.Name
		b.Progress = func(p compare.Progress) { s.Progress(name, p.Done, p.Total, p.Spent) }
	}
	r, err := compare.Run(ctx, o, b)
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("measuring with suite %q: %w", o.Suite.Name, context.Cause(ctx))
	}
	return r, err
}
