package ground

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/compare/bench"
	"github.com/pertask/pertask/compare/outfit"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/change"
	"github.com/pertask/pertask/review/errand"
	"github.com/pertask/pertask/review/trigger"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// Elsewhere carries out comparisons on other machines, such as GitHub's runners.
type Elsewhere interface {
	// Begins is told that a comparison is about to be carried out there, before what may be spent is asked for.
	Begins()
	// Measure carries it out, or finds what an earlier attempt at this review has begun, and returns its report. When the
	// context ends it ends what it has begun, unless the review goes on elsewhere.
	Measure(context.Context, Away) (*report.Report, error)
}

// Away is a comparison that is carried out elsewhere.
type Away struct {
	compare.Options // without the versions of agents there, and a journal; the budget is what is left
	Trigger         trigger.Trigger
	Run             config.Run
	Workflow        string // name of the workflow's file
	N               int    // number of the suite in this review, from 1
	// Evidence is the evidence key of an earlier result about the same question; "" where none is known.
	Evidence string
	bench    compare.Bench
}

// IsAway reports whether the configuration wants comparisons to be carried out elsewhere, where that can be.
func (g *Ground) IsAway() bool {
	return g.Elsewhere != nil && g.Config.App.Runner == config.RunnerActions
}

// Away is a comparison for Elsewhere.
func (g *Ground) Away(o compare.Options, b compare.Bench, n int) Away {
	b.Limits = limits(g.Config.Run)
	a := Away{Options: o, Trigger: g.Trigger, Run: g.Config.Run, Workflow: g.Config.App.Workflow, N: n, bench: b}
	a.Cache, a.Journal, a.Store = g.Config.Run.Cache, "", nil
	return a
}

func limits(r config.Run) trial.Limits { return trial.Limits{Memory: r.Memory, Disk: r.Disk} }

// Agents are the coding agents that the suite needs: which versions of them are there only the other machine knows.
func (a Away) Agents() []string { return outfit.Agents(a.Suite) }

// With is the comparison with the versions of the agents on the other machine, and with that its evidence key.
func (a Away) With(versions map[string]string) (compare.Options, error) {
	o := a.Options
	if o.Harness = versions; len(versions) == 0 {
		o.Harness = nil
	}
	var err error
	if o.Conditions, err = a.bench.Conditions(o); err != nil {
		return o, fmt.Errorf("finding out the conditions of the trials: %w", err)
	}
	return o, nil
}

// Settle reports on the trials in a journal, which were carried out elsewhere for the options.
func (a Away) Settle(ctx context.Context, o compare.Options, j trial.Journal) (*report.Report, error) {
	b := bench.Bench{Journal: j, NeedsSandbox: a.Run.Sandbox == "required"}
	return compare.Settle(ctx, o, b)
}

// Carry measures what a request asks for, and posts nothing: its report, and the answer to it, which is also left as soon as it is
// known what the trials are evidence for. The error says what is wrong with the request, or where it is carried out. Everything
// that runs is the base's; of the head the settings are read as data.
func (o Options) Carry(ctx context.Context, q errand.Request, leave func(errand.Answer) error) (*report.Report, errand.Answer, error) {
	a := errand.Answer{Request: q, Version: o.Version}
	ctx, cancel := context.WithDeadline(ctx, earlier(q.Until, o.Now().Add(longest)))
	defer cancel()
	g, cmpOptions, b, err := o.errand(ctx, q)
	if bad := (*change.Mistake)(nil); errors.As(err, &bad) {
		r := g.Comparison().BadInput(bad.Err)
		return r, said(a, r), nil
	}
	if err != nil {
		return nil, a, err
	}
	r, err := g.carry(ctx, cmpOptions, b, func(o compare.Options) error {
		a.Evidence, a.Harness, a.Journal = o.EvidenceKey(), o.Harness, o.Journal
		return leave(a)
	})
	if err != nil {
		return r, a, err
	}
	return r, said(a, r), nil
}

// longest is what GitHub lets a job take.
const longest = 6 * time.Hour

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// said is the answer with what a report says.
func said(a errand.Answer, r *report.Report) errand.Answer {
	a.Ended, a.Result = true, r.Result
	if r.Result != verdict.Measured {
		a.Code, a.Reason, a.Next = r.Reason.Code, r.Reason.Text, r.NextSteps
	}
	return a
}

// onTheBase refuses a base that the pull request's base branch does not have. GitHub serves commits of forks under the repository's
// name, too, and who may start a workflow need not be one who may change that branch: its configuration, suite and graders are run
// with the keys.
func (g *Ground) onTheBase(ctx context.Context, q errand.Request) error {
	p, err := g.GitHub.Pull(ctx, g.Trigger.Repo, q.Pull)
	if err != nil {
		return err
	}
	at, err := g.GitHub.MergeBase(ctx, g.Trigger.Repo, p.BaseSHA, q.Base)
	if err != nil {
		return err
	}
	if at != q.Base {
		return fmt.Errorf("the request's base %s is no commit of %s, which pull request %d is to be merged into", q.Base, p.BaseRef, q.Pull)
	}
	return nil
}

// errand reads what a request asks for, and refuses what the commits do not have.
func (o Options) errand(ctx context.Context, q errand.Request) (*Ground, compare.Options, compare.Bench, error) {
	none := compare.Options{}
	repo, err := github.ParseRepo(q.Repository)
	if err != nil {
		return nil, none, compare.Bench{}, err
	}
	g := &Ground{Options: o, Config: config.Default(),
		Trigger: trigger.Trigger{Kind: trigger.Job, Repo: repo, Pull: q.Pull, BaseSHA: q.Base, HeadSHA: q.Head, Served: true}}
	if err := g.onTheBase(ctx, q); err != nil {
		return g, none, compare.Bench{}, err
	}
	source, err := g.Source(ctx)
	if err != nil {
		return g, none, compare.Bench{}, err
	}
	text, err := fs.ReadFile(source, g.ConfigPath)
	if err := g.Configure(text, err == nil); err != nil {
		return g, none, compare.Bench{}, &change.Mistake{Err: err}
	}
	if err := g.ReadChange(ctx); err != nil {
		return g, none, compare.Bench{}, err
	}
	all, err := g.Suites(source)
	if err != nil {
		return g, none, compare.Bench{}, err
	}
	for _, c := range all {
		if c.Suite.Name != q.Suite {
			continue
		}
		if c.Question() != q.Question {
			return g, none, compare.Bench{}, fmt.Errorf("the request asks %.20s about suite %q, and these commits %.20s: the App and the Action are of different versions, or the commits are not those of the request",
				q.Question, q.Suite, c.Question())
		}
		c.Extend, c.Extensions, c.Tests = false, q.Extensions, nil
		if most := q.Looks[len(q.Looks)-1]; most > max(g.Config.Run.MaxTrials, maxLook(c)) {
			return g, none, compare.Bench{}, fmt.Errorf("the request asks for %d trials of each task; `run.max_trials` allows %d", most, g.Config.Run.MaxTrials)
		}
		c.Looks, c.Budget = q.Looks, lesser(c.Budget, q.Budget)
		return g, c, g.Bench(source), nil
	}
	return g, none, compare.Bench{}, fmt.Errorf("these commits change nothing that suite %q is for", q.Suite)
}

func maxLook(o compare.Options) int { return o.Looks[len(o.Looks)-1] }

// lesser is the lesser of two limits, of which unknown is none.
func lesser(a, b price.Amount) price.Amount {
	x, limited := a.Value()
	y, too := b.Value()
	if !limited || too && y.Cmp(x) < 0 {
		return b
	}
	return a
}

// carry carries out the trials; begins is told before them.
func (g *Ground) carry(ctx context.Context, o compare.Options, b compare.Bench, begins func(compare.Options) error) (*report.Report, error) {
	err := g.Prepare(ctx, &o, &b)
	if err == nil {
		if r := o.Hold(); r != nil {
			return r, nil
		}
		err = b.Ready(o)
	}
	switch {
	case errors.Is(err, compare.ErrNotReady):
		return o.NotReady(err), nil
	case err != nil:
		return nil, err
	}
	j, name, err := g.Journal(o.EvidenceKey())
	if err != nil {
		return nil, err
	}
	if c, ok := j.(interface{ Close() error }); ok {
		defer c.Close()
	}
	b.Journal, o.Journal = j, name
	if err := begins(o); err != nil {
		return nil, err
	}
	if g.Progress != nil {
		b.Progress = func(p compare.Progress) { g.Progress(o.Suite.Name, p.Done, p.Total, p.Spent) }
	}
	r, err := compare.Run(ctx, o, b)
	if errors.Is(err, compare.ErrNotReady) || errors.Is(err, compare.ErrNotKept) {
		return o.NotReady(err), nil
	}
	return r, err
}
