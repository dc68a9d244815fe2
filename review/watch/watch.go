// Package watch watches the base of a repository without a pull request: it notices when what a provider serves under the
// same settings has changed, and says so in one issue.
//
// It knows the order of the steps: stored trials, sentinels, a second set where the first one raises an alarm, prices, and
// what becomes of the issue. It refuses to know the tests, the words, and who starts it.
package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/compare/drift"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/internal/tree"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/price"
	report "github.com/pertask/pertask/report/watch"
	"github.com/pertask/pertask/review/ground"
)

// ErrNoStore means that there is nowhere to keep trials, so that there is nothing to compare with.
var ErrNoStore = errors.New("watching the base: there is no store of trials, or `run.reuse_base` is off")

// Run watches the base of a repository at a commit: every suite, one after the other, within one budget. It posts nothing. A
// commit without a configuration or a suite has nothing to watch. What was found before an error is returned with it.
func Run(ctx context.Context, o ground.Options, repo github.Repo, sha string) (report.Watch, error) {
	w := report.Watch{Commit: sha, Time: o.Now().UTC(), Book: o.Book.AsOf(), URL: o.ReportURL}
	g, source, err := o.Alone(ctx, repo, sha)
	if g == nil || err != nil {
		return w, err
	}
	if g.Store == nil || g.Config.Run.ReuseBase <= 0 {
		return w, ErrNoStore
	}
	spent := price.Known(price.Money{})
	for _, cs := range g.Config.Suites {
		s, err := suiteOf(ctx, g, source, cs, spent)
		w.Suites, spent = append(w.Suites, s), spent.Plus(s.Spent)
		if err != nil {
			return w, fmt.Errorf("watching suite %q: %w", s.Name, err)
		}
	}
	return w, nil
}

// watched is the watch of one suite.
type watched struct {
	report.Suite
	terms          drift.Terms
	opts           compare.Options
	bench          compare.Bench
	budget         price.Amount
	stored, recent []ledger.BaseTrial // those to compare with, and the sentinels of the weeks before
	next           []ledger.BaseTrial // all sentinels that are kept, for their numbers
}

func suiteOf(ctx context.Context, g *ground.Ground, source *tree.Tree, cs config.Suite, spent price.Amount) (report.Suite, error) {
	w := &watched{Suite: report.Suite{Name: cs.Path, State: report.Unable, Spent: price.Known(price.Money{})}}
	o, b, why, err := g.AloneWith(ctx, source, cs, g.Config.WatchBudget(), spent)
	if o.Suite != nil {
		w.Name = o.Suite.Name
	}
	if err != nil && !errors.Is(err, compare.ErrNotReady) {
		return w.Suite, err
	}
	w.opts, w.bench, w.budget, w.Harness = o, b, o.Budget, o.Harness
	w.terms = drift.Terms{Pricing: o.Pricing, Now: g.Now().UTC()}
	if o.Suite != nil {
		for _, t := range o.Suite.Tasks {
			w.terms.Tasks = append(w.terms.Tasks, t.ID)
		}
	}
	switch {
	case err != nil:
		w.Why = err.Error()
		return w.Suite, nil
	case why != nil:
		w.Why = why.Text
		return w.Suite, nil
	}
	return w.Suite, w.run(ctx)
}

// sentinelsOf is the key under which the sentinels of watches are kept: apart from the trials that comparisons use, so that
// what these are compared with does not follow a slow drift.
func sentinelsOf(key string) string { return "watch/" + key }

// run watches the suite: the error is of the store, or of a machine that cannot carry out trials.
func (w *watched) run(ctx context.Context) error {
	if err := w.read(ctx); err != nil {
		return err
	}
	w.Prices = w.terms.Prices(w.stored, nil)
	if !w.comparable() {
		return w.fill(ctx)
	}
	fresh, problem, err := w.set(ctx)
	if err != nil {
		return err
	}
	all := append(w.recent, fresh...)
	w.Prices = w.terms.Prices(w.stored, fresh)
	if len(fresh) == 0 {
		w.Why = problem
		return nil
	}
	if w.Finding, err = w.terms.Judge(w.stored, all); err != nil {
		w.Why = err.Error()
		return nil
	}
	if len(w.Finding.Alarms()) == 0 {
		w.State = report.Calm
		return nil
	}
	return w.confirm(ctx)
}

// read reads what is stored.
func (w *watched) read(ctx context.Context) error {
	stored, err := w.opts.Store.BaseTrials(ctx, w.opts.BaseKey())
	if err != nil {
		return fmt.Errorf("reading the stored trials of the base: %w", err)
	}
	if w.next, err = w.opts.Store.BaseTrials(ctx, sentinelsOf(w.opts.BaseKey())); err != nil {
		return fmt.Errorf("reading the trials of earlier watches: %w", err)
	}
	w.stored = w.terms.Usable(stored, drift.MostStored)
	// Sentinels from before the stored trials may be of what was served before these were replaced.
	oldest := ledger.Take(w.stored).Oldest
	w.recent = slices.DeleteFunc(w.terms.Usable(w.next, drift.Window), func(b ledger.BaseTrial) bool { return b.Time.Before(oldest) })
	return nil
}

// comparable reports whether each task has two stored trials.
func (w *watched) comparable() bool {
	return ledger.Take(w.stored).Least(w.terms.Tasks) >= 2
}

// fill stores trials of the base, for the next watch to compare with.
func (w *watched) fill(ctx context.Context) error {
	r, err := compare.FillBase(ctx, w.opts, w.bench, compare.EnoughStored)
	w.Spent = w.Spent.Plus(r.Spent)
	w.State, w.Fresh = report.Filled, r.Added
	w.Why = fmt.Sprintf("There were too few stored trials of these settings to compare with, so %d were carried out and stored, and %d are missing. %s", r.Added, r.Missing, r.Problem)
	if r.Added == 0 {
		w.State, w.Why = report.Unable, "There are too few stored trials of these settings to compare with. "+r.Problem
	}
	return unready(err, &w.Suite)
}

// unready makes a machine without a key, or without a sandbox that is demanded, a finding.
func unready(err error, s *report.Suite) error {
	if errors.Is(err, compare.ErrNotReady) || errors.Is(err, compare.ErrNotKept) {
		s.State, s.Why = report.Unable, err.Error()
		return nil
	}
	return err
}

// set carries out a set of sentinels and keeps them for the watches to come. It says why there are fewer than wanted.
func (w *watched) set(ctx context.Context) (fresh []ledger.BaseTrial, problem string, err error) {
	o := w.opts
	o.Budget = ground.Remaining(w.budget, w.Spent)
	if most, limited := o.Budget.Value(); limited && most.IsZero() {
		return nil, "The budget is spent.", nil
	}
	c := &collected{}
	o.Store = c
	r, err := compare.FillBase(ctx, o, w.bench, drift.PerTask(len(w.terms.Tasks)))
	w.Spent = w.Spent.Plus(r.Spent)
	if err := unready(err, &w.Suite); err != nil {
		return nil, "", err
	}
	if err != nil {
		return nil, w.Why, nil
	}
	if problem = r.Problem; problem == "" && len(c.trials) == 0 {
		problem = fmt.Sprintf("None of the trials counts; %d came to nothing.", r.Voids)
	}
	if most, limited := ground.Remaining(w.budget, w.Spent).Value(); problem != "" && limited && most.IsZero() && !strings.Contains(problem, "budget") {
		problem += " The budget is spent."
	}
	if len(c.trials) == 0 {
		return nil, problem, nil
	}
	w.Fresh += len(c.trials)
	for i := range c.trials {
		c.trials[i].Index = ledger.NextIndex(w.next, c.trials[i].Task)
		w.next = append(w.next, c.trials[i])
	}
	if err := w.opts.Store.AddBaseTrials(ctx, sentinelsOf(w.opts.BaseKey()), c.trials...); err != nil {
		return nil, "", fmt.Errorf("storing the trials of this watch: %w", err)
	}
	return c.trials, problem, nil
}

// confirm asks a second set of sentinels about an alarm: a week in which the first one was unlucky comes once in a while.
func (w *watched) confirm(ctx context.Context) error {
	second, problem, err := w.set(ctx)
	if err != nil {
		return err
	}
	w.State = report.Unconfirmed
	if len(second) == 0 {
		w.Why = "Fresh trials of the base differ from the stored ones, and no second set could confirm it. " + problem
		return nil
	}
	if w.Second, err = w.terms.Judge(w.stored, second); err != nil {
		w.Why = "Fresh trials of the base differ from the stored ones, and a second set could not be compared: " + err.Error()
		return nil
	}
	if w.Confirmed = drift.Confirmed(w.Finding, w.Second); len(w.Confirmed) > 0 {
		w.State = report.Drifted
		return nil
	}
	if problem != "" {
		w.Why = "Fresh trials of the base differ from the stored ones, and a second set that is not complete does not confirm it. " + problem
		return nil
	}
	w.State = report.Calm // by chance
	return nil
}

// collected is a store of what one set of sentinels is.
type collected struct{ trials []ledger.BaseTrial }

// BaseTrials implements ledger.Store: a set begins with nothing.
func (c *collected) BaseTrials(context.Context, string) ([]ledger.BaseTrial, error) { return nil, nil }

// AddBaseTrials implements ledger.Store.
func (c *collected) AddBaseTrials(_ context.Context, _ string, trials ...ledger.BaseTrial) error {
	for _, t := range trials {
		t, err := t.Checked()
		if err != nil {
			return err
		}
		c.trials = append(c.trials, t)
	}
	return nil
}

// DropBaseTrials implements ledger.Store.
func (c *collected) DropBaseTrials(context.Context, string, string) error {
	c.trials = nil
	return nil
}
