package review

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/compare/outfit"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/internal/tree"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review/change"
	"github.com/pertask/pertask/suite"
)

// Filled says what FillBase did for a suite.
type Filled struct {
	Suite string
	compare.FillReport
}

// FillBase carries out trials of the base as it is at a commit of the base branch, for every suite, and puts them into
// the store, within the budget. Pull requests that are compared with this base need not pay for them then. Nothing is
// posted. A commit without a configuration or a suite has nothing to fill.
func (r *Reviewer) FillBase(ctx context.Context, repo github.Repo, sha string) ([]Filled, error) {
	s := &session{Reviewer: r, trigger: Trigger{Kind: PullRequest, Repo: repo, BaseSHA: sha, HeadSHA: sha}, config: config.Default()}
	source, err := s.source(ctx)
	if err != nil {
		return nil, err
	}
	switch c, err := config.Load(source, s.ConfigPath); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	default:
		s.config = c
	}
	s.confine()
	if s.prices, err = s.config.Prices.Pricing(s.Book, s.Now()); err != nil {
		return nil, fmt.Errorf("%s: %w", s.ConfigPath, err)
	}
	var out []Filled
	spent := price.Known(price.Money{})
	for _, cs := range s.config.Suites {
		f, err := s.fill(ctx, source, cs, spent)
		if err != nil {
			return out, fmt.Errorf("storing trials of suite %q: %w", f.Suite, err)
		}
		out, spent = append(out, f), spent.Plus(f.Spent)
	}
	return out, nil
}

// fill fills the store for one suite; what others have spent comes out of the same budget.
func (s *session) fill(ctx context.Context, source *tree.Tree, cs config.Suite, spent price.Amount) (Filled, error) {
	f := Filled{Suite: cs.Path}
	su, err := suite.Load(source, cs.Path)
	if err != nil {
		return f, err
	}
	if cs.Name != "" {
		su.Name = cs.Name
	}
	f.Suite = su.Name
	if s.change.Pair, s.change.Watches, err = fit.Base(source, change.Watched(s.config.Watches), su, s.Book.Models()); err != nil {
		return f, err
	}
	o := s.options()
	o.Suite, o.Budget = su, remaining(o.Budget, spent)
	ups := s.config.AllUpstreams()
	b := compare.Bench{Source: source, Watches: s.change.Watches, Upstreams: ups, Keys: s.Keys(ups), Scratch: s.Scratch,
		Concurrency: s.config.Run.Concurrency, Getenv: s.Getenv, Transport: s.Transport}
	if s.Progress != nil {
		b.Progress = func(p compare.Progress) { s.Progress(su.Name, p.Done, p.Total, p.Spent) }
	}
	machine := outfit.Machine{Getenv: s.Getenv, Hide: s.Hide}
	if err := machine.Prepare(ctx, s.config.Run, &o, &b); err != nil {
		return f, err
	}
	f.FillReport, err = compare.FillBase(ctx, o, b, compare.EnoughStored)
	return f, err
}
