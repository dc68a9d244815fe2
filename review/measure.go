package review

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/review/ending"
	"github.com/pertask/pertask/review/forecast"
	"github.com/pertask/pertask/review/ground"
	"github.com/pertask/pertask/review/outcome"
	"github.com/pertask/pertask/review/progress"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/verdict"
)

// plans are what is to be measured: one for each suite that the change concerns. Where there is none, one plan says so.
func (s *session) plans(ctx context.Context) ([]plan, error) {
	without := func(r func(compare.Options) *report.Report) []plan {
		o := s.Comparison()
		return s.ask(plan{opts: o, held: r(o)})
	}
	if len(s.Config.Suites) == 0 {
		return without(func(o compare.Options) *report.Report { return o.NoSuite(s.ConfigPath) }), nil
	}
	source, err := s.Source(ctx)
	if err != nil {
		return nil, err
	}
	opts, err := s.Suites(source)
	if few := new(ground.TrialsError); errors.As(err, &few) {
		return nil, &refusal{few.Error()}
	}
	if err != nil {
		return nil, err
	}
	if len(opts) == 0 {
		return without(func(o compare.Options) *report.Report {
			return o.NotMeasured(
				verdict.Finding{Code: "no-suite", Text: "No suite is configured for the files that changed, so the change was not measured."},
				"Add the file to the `models` of a suite.")
		}), nil
	}
	b := s.Bench(source)
	var out []plan
	for i, o := range opts {
		out = append(out, plan{opts: o, bench: b, n: i + 1}) // each suite has its own agents
	}
	return s.ask(out...), nil
}

// ask fills in what is asked about each suite.
func (s *session) ask(plans ...plan) []plan {
	s.asked = []state.Asked{}
	for i := range plans {
		plans[i].asked = ground.Asked(plans[i].opts)
		s.asked = append(s.asked, plans[i].asked)
	}
	return plans
}

// measureSuites measures with one suite after the other. They share the budget: what one has spent the next has not.
func (s *session) measureSuites(ctx context.Context, plans []plan) ([]outcome.Result, error) {
	defer func() {
		if err := s.journals.Close(); err != nil {
			s.Log.Warn("closing the journals", "error", err)
		}
	}()
	if err := s.answer(ctx, plans); err != nil {
		return nil, err
	}
	for i := range plans {
		if p := &plans[i]; p.held == nil {
			p.held = s.hold(ctx, &p.opts, &p.bench)
		}
	}
	s.allow(ctx, plans)
	tooDear, err := s.overBudget(plans)
	if err != nil {
		return nil, err
	}
	if tooDear == nil && slices.ContainsFunc(plans, func(p plan) bool { return p.held == nil }) {
		if err := s.turn(ctx, plans); err != nil {
			return nil, err
		}
	}
	var out []outcome.Result
	spent := price.Known(price.Money{})
	for _, p := range plans {
		r := p.held
		if r == nil && tooDear != nil {
			r = p.opts.NotMeasured(*tooDear, "Comment `/pertask run` or add the label `"+s.Config.Run.Label+"` to have it measured, by a person with write access.",
				"Or raise `run.auto_run_below` on the base branch, or measure at a terminal with `pertask compare`.")
			r.Forecast = p.forecast
		}
		if r == nil && errors.Is(context.Cause(ctx), ending.ErrAccepted) {
			if r, err = s.acceptedMeanwhile(ctx, &p); err != nil {
				return out, err
			}
		}
		if r == nil {
			if r, err = s.run(ctx, p, spent); errors.Is(err, ending.ErrAccepted) {
				r, err = s.acceptedMeanwhile(ctx, &p)
			}
			if err != nil {
				return out, err
			}
			spent = spent.Plus(r.SpentUSD)
		}
		out = append(out, outcome.Result{Report: r, Asked: p.asked, Kept: p.kept, Again: p.again})
	}
	return out, s.extended(out)
}

// answer fills in what is answered already.
func (s *session) answer(ctx context.Context, plans []plan) error {
	for i := range plans {
		p := &plans[i]
		if p.kept {
			continue
		}
		known, err := s.known(ctx, p)
		if err != nil {
			return err
		}
		p.held, p.kept = cmp.Or(known, p.held), known != nil
	}
	return nil
}

// plan is what is to be measured with one suite.
type plan struct {
	n        int // from 1, in the order of the configuration
	opts     compare.Options
	bench    compare.Bench
	asked    state.Asked
	held     *report.Report   // set when it must not be measured now
	kept     bool             // held is what an earlier result says
	again    *state.Suite     // that result, where it was measured
	forecast *report.Forecast // of what is missing
}

// hold returns a report when a change must not be measured now: nothing was spent.
func (s *session) hold(ctx context.Context, o *compare.Options, b *compare.Bench) *report.Report {
	if why, next, held := s.Trigger.Held(); held {
		return o.NotMeasured(why, next...)
	}
	if s.moved() {
		return s.superseded()
	}
	if s.IsAway() { // the machine, the agents and the keys are there
		return o.Hold()
	}
	err := s.Prepare(ctx, o, b)
	if err == nil {
		if r := o.Hold(); r != nil {
			return r
		}
		err = b.Ready(*o)
	}
	switch {
	case errors.Is(err, compare.ErrNotReady):
		return o.NotReady(err)
	case err != nil:
		return s.broke(*o, err)
	}
	return nil
}

// overBudget holds a review that may spend more than auto_run_below until a person asks for it.
func (s *session) overBudget(plans []plan) (over *verdict.Finding, err error) {
	limit, limited := s.Config.Run.AutoRunBelow.Value()
	if !limited || s.Trigger.Kind == Command || s.Trigger.Kind == Dispatch {
		return nil, nil
	}
	var items []forecast.Item
	var of []int
	for i := range plans {
		if plans[i].held == nil {
			items, of = append(items, forecast.Item{Options: &plans[i].opts, Journal: s.journal}), append(of, i)
		}
	}
	over, forecasts, err := forecast.Over(limit, s.most, items)
	for i, f := range forecasts {
		plans[of[i]].forecast = f
	}
	return over, err
}

// journal opens the journal of a comparison, once in a review, and names it in the options.
func (s *session) journal(o *compare.Options) (j trial.Journal, err error) {
	if s.IsAway() {
		return journal.NewMemory(), nil // nothing is paid for here
	}
	j, o.Journal, err = s.journals.Of(o.EvidenceKey())
	return j, err
}

// run carries out the trials. What the suites before it have cost comes out of the same budget.
func (s *session) run(ctx context.Context, p plan, spent price.Amount) (*report.Report, error) {
	o, b := p.opts, p.bench
	s.far = s.standing(p, compare.Progress{})
	defer progress.Watch(ctx, s.Pulse, func() { s.tick(ctx, nil) })() // opening the journal may take a while
	var err error
	if b.Journal, err = s.journal(&o); err != nil {
		return nil, err
	}
	switch reprice := s.Trigger.Asks(command.Reprice); {
	case reprice && s.IsAway():
		return nil, &refusal{"`app.runner` is `actions`, so there are no trials here to price again; measure with `/pertask run`"}
	case reprice:
		have, err := b.Journal.Load()
		if err != nil {
			return nil, err
		}
		if len(have.Results) == 0 {
			return nil, &refusal{"there are no trials of this change here to price again; the workflow keeps them with its input `journal`"}
		}
		o.Budget = price.Known(price.Money{})
	default:
		if err := s.gone(ctx); err != nil {
			return nil, err
		}
		if s.IsAway() {
			s.Elsewhere.Begins()
		}
		if r, err := s.allowAgain(ctx, &o, spent); r != nil || err != nil {
			return r, err
		}
		if !o.Extend { // whether a test can be extended shows when it is
			begins := s.standing(p, compare.Progress{})
			s.tick(ctx, &begins)
		}
	}
	b.Progress = func(far compare.Progress) {
		if s.Progress != nil {
			s.Progress(o.Suite.Name, far.Done, far.Total, far.Spent)
		}
		now := s.standing(p, far)
		s.tick(ctx, &now)
	}
	s.lost = price.Amount{}
	r, err := s.carryOut(ctx, p, o, b)
	if errors.Is(err, compare.ErrExtend) {
		r, err = s.notExtended(ctx, p, o, b, err)
	}
	if errors.Is(err, compare.ErrNotReady) || errors.Is(err, compare.ErrNotKept) { // such as for want of a sandbox
		r, err = o.NotReady(err), nil
	}
	if r != nil {
		s.lost = r.SpentUSD
	}
	if err != nil {
		// What the trials so far would say is no verdict: the journal has them, and the next review goes on.
		return nil, fmt.Errorf("measuring with suite %q: %w", o.Suite.Name, errors.Join(err, context.Cause(ctx)))
	}
	s.lost = price.Known(price.Money{})
	return r, nil
}

// carryOut carries out the trials, here or elsewhere.
func (s *session) carryOut(ctx context.Context, p plan, o compare.Options, b compare.Bench) (*report.Report, error) {
	if !s.IsAway() {
		return compare.Run(ctx, o, b)
	}
	a := s.Away(o, b, p.n)
	if _, u, found := s.state.Find(p.asked.Question); found {
		a.Evidence = u.Evidence
	}
	return s.Elsewhere.Measure(ctx, a)
}

// notExtended is what to say of a test that cannot be extended: its verdict, where it is final, and else that it is not
// measured, beside the suites that are. Nothing was spent.
func (s *session) notExtended(ctx context.Context, p plan, o compare.Options, b compare.Bench, why error) (*report.Report, error) {
	s.lost = price.Known(price.Money{})
	text := why.Error()
	if o.Tests != nil {
		t, found, err := o.Tests.Test(ctx, o.TestKey())
		if err != nil {
			s.Log.Error("extending a test", "error", errors.Join(why, err))
			text = compare.ErrExtend.Error() + ": what is stored of it could not be read"
		} else if found && t.Finished {
			s.unextended = append(s.unextended, text)
			o.Extend = false
			return s.carryOut(ctx, p, o, b)
		}
	}
	s.unextended = append(s.unextended, text)
	return o.NotMeasured(verdict.Finding{Code: "not-extended", Text: "The command extends tests, and this suite was not measured: " + text + "."},
		"Comment `/pertask run` to have this suite measured, by a person with write access."), nil
}

// extended refuses the command that extends tests when no test could be.
func (s *session) extended(out []outcome.Result) error {
	if len(s.unextended) > 0 && len(s.unextended) == len(out) {
		return &refusal{s.unextended[0]}
	}
	return nil
}
