// Package ground is what a review stands on: what its caller gives it, the configuration of the base, and what changes. From
// these it makes what is to be compared.
//
// It knows which parts of them a comparison takes, and how the base's own trials are stored ahead. It refuses to know results,
// comments and check runs, and the order in which a review goes about it.
package ground

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/compare/aa"
	"github.com/pertask/pertask/compare/final"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/compare/outfit"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/internal/tree"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/change"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/review/trigger"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/verdict"
)

// Ground is what one review stands on. It is not safe for concurrent use.
type Ground struct {
	Options
	Trigger  trigger.Trigger
	Config   *config.Config
	Change   change.Change // zero before it was read
	Findings []verdict.Finding
	prices   price.Pricing // by the configuration; the instant is set where a comparison begins
}

// Configure takes the configuration of the base: its text, or that there is none. The default one stands in for one with a
// mistake, which is returned.
func (g *Ground) Configure(text []byte, there bool) error {
	g.Config = config.Default()
	var mistake error
	switch {
	case there:
		c, err := load(text, g.ConfigPath)
		if mistake = err; err == nil {
			g.Config = c
		}
	case g.ConfigPath != config.Path:
		mistake = fmt.Errorf("%s: no such file at the base; the input config names a configuration there", g.ConfigPath)
	}
	if err := g.settle(); err != nil {
		mistake = err
	}
	return mistake
}

// settle takes from the configuration what has to be worked out, and keeps agents in as whoever runs the review wants it.
func (g *Ground) settle() (err error) {
	if g.Sandbox != "" && !g.IsAway() { // there it is the repository's own machine
		g.Config.Run.Sandbox = g.Sandbox
	}
	if g.prices, err = g.Config.Prices.Pricing(g.Book, g.Now()); err != nil {
		return fmt.Errorf("%s: %w", g.ConfigPath, err)
	}
	return nil
}

func load(text []byte, path string) (*config.Config, error) {
	t := tree.New()
	if err := t.Add(path, 0o644, int64(len(text)), func() ([]byte, error) { return bytes.Clone(text), nil }); err != nil {
		return nil, err
	}
	return config.Load(t, path)
}

// ReadChange reads the settings of both sides.
func (g *Ground) ReadChange(ctx context.Context) (err error) {
	g.Change, err = change.Read(ctx, g.GitHub, g.Trigger, g.Config.Watches, g.Book.Models())
	return err
}

// Source is the base's whole tree.
func (g *Ground) Source(ctx context.Context) (*tree.Tree, error) {
	return change.Source(ctx, g.GitHub, g.Trigger)
}

// Comparison are the comparison's options, as far as they are known at this point of the review.
func (g *Ground) Comparison() compare.Options {
	c, t := g.Config, g.Trigger
	pricing := g.prices
	pricing.At = g.Now().UTC()
	return compare.Options{
		Pair: g.Change.Pair, Policy: c.Verdict, Budget: c.Run.Budget, Seed: c.Run.Seed,
		Pricing: pricing,
		Commits: report.Commits{Base: t.BaseSHA, MergeBase: g.Change.MergeBase, Head: t.HeadSHA,
			Repository: t.Repo.Owner + "/" + t.Repo.Name, Pull: t.Pull},
		Version: g.Version, Findings: append(compare.Findings(g.Change.Pair), g.Findings...), Now: g.Now,
		Store: g.Store, Tests: g.Tests, ReuseBase: c.Run.ReuseBase, Origin: g.ReportURL,
		Trouble: func(what string, err error) { g.Log.Error(what, "error", err) },
	}
}

// Bench is where the trials of a tree are carried out.
func (g *Ground) Bench(source *tree.Tree) compare.Bench {
	ups := g.Config.AllUpstreams()
	return compare.Bench{Source: source, Watches: g.Change.Watches, Upstreams: ups, Keys: g.Keys(ups), Scratch: g.Scratch,
		Concurrency: g.Config.Run.Concurrency, Getenv: g.Getenv, Transport: g.Transport}
}

// Prepare makes the machine ready for a comparison. Whoever demands a sandbox of every configuration shares the machine with
// those who write them, so set-ups are kept in, too.
func (g *Ground) Prepare(ctx context.Context, o *compare.Options, b *compare.Bench) error {
	machine := outfit.Machine{Getenv: g.Getenv, Hide: g.Hide, Shared: g.Sandbox == "required"}
	return machine.Prepare(ctx, g.Config.Run, o, b)
}

// TrialsError is a number of trials that a person asks for and that decides nothing.
type TrialsError struct{ Err error }

// Error implements error.
func (e *TrialsError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong with the number.
func (e *TrialsError) Unwrap() error { return e.Err }

// Suites are the comparisons of the suites that the change concerns. What cannot be loaded is a change.Mistake.
func (g *Ground) Suites(source *tree.Tree) ([]compare.Options, error) {
	var out []compare.Options
	cfg := *g.Config
	if c := g.Trigger.Command; c != nil && c.Trials > 0 {
		cfg.Run.MaxTrials = c.Trials
	}
	for _, cs := range g.Config.Suites {
		if !g.Change.Concerns(cs.Models) {
			continue
		}
		su, err := suite.Load(source, cs.Path)
		if err != nil {
			return nil, &change.Mistake{Err: err}
		}
		if cs.Name != "" {
			su.Name = cs.Name
		}
		plan, err := cfg.Plan(cs.Path, len(su.Tasks))
		switch {
		case err != nil && cfg.Run.MaxTrials != g.Config.Run.MaxTrials:
			return nil, &TrialsError{err}
		case err != nil:
			return nil, &change.Mistake{Err: err}
		}
		o := g.Comparison()
		o.Suite, o.Looks = su, plan.Looks
		o.Extend = g.Trigger.Asks(command.More)
		o.Findings = append(o.Findings, plan.Findings...)
		o.Findings = append(o.Findings, aa.Findings(source, g.Config.Verdict, su.Name, su.Digest)...)
		if f, ok := fit.SuiteTouched(su, g.ConfigPath, g.Change.Paths()); ok {
			o.Findings = append(o.Findings, f)
		}
		if f, ok := fit.Unfit(su, g.Change.Watches, g.Change.Pair); ok {
			o.Findings = append(o.Findings, f)
		}
		out = append(out, o)
	}
	return out, nil
}

// Asked is what is asked about a suite.
func Asked(o compare.Options) state.Asked {
	a := state.Asked{Question: o.Question()}
	if o.Suite != nil {
		a.Suite, a.Digest = o.Suite.Name, o.Suite.Digest
	}
	if o.Pricing.Book != nil {
		a.Book = o.Pricing.Book.Digest()
		a.Prices = strings.TrimPrefix(final.Key("", verdict.Policy{}, o.Pricing), "/")
	}
	return a
}
