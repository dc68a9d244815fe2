package ground

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/internal/tree"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review/change"
	"github.com/pertask/pertask/review/trigger"
	"github.com/pertask/pertask/suite"
)

// Filled says what Fill did for a suite.
type Filled struct {
	Suite string
	compare.FillReport
}

// Fill carries out trials of the base as it is at a commit of the base branch, for every suite, and puts them into
// the store, within the budget. Pull requests that are compared with this base need not pay for them then. Nothing is
// posted. A commit without a configuration or a suite has nothing to fill. What the suite has spent that an error is about is
// among what is returned with it.
func (o Options) Fill(ctx context.Context, repo github.Repo, sha string) ([]Filled, error) {
	g := Ground{Options: o, Trigger: trigger.Trigger{Kind: trigger.PullRequest, Repo: repo, BaseSHA: sha, HeadSHA: sha}, Config: config.Default()}
	source, err := g.Source(ctx)
	if err != nil {
		return nil, err
	}
	switch c, err := config.Load(source, g.ConfigPath); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	default:
		g.Config = c
	}
	if err := g.settle(); err != nil {
		return nil, err
	}
	if g.IsAway() { // nothing of it runs here
		return nil, nil
	}
	var out []Filled
	spent := price.Known(price.Money{})
	for _, cs := range g.Config.Suites {
		f, err := g.fill(ctx, source, cs, spent)
		out, spent = append(out, f), spent.Plus(f.Spent)
		if err != nil {
			return out, fmt.Errorf("storing trials of suite %q: %w", f.Suite, err)
		}
	}
	return out, nil
}

// fill fills the store for one suite; what others have spent comes out of the same budget.
func (g *Ground) fill(ctx context.Context, source *tree.Tree, cs config.Suite, spent price.Amount) (Filled, error) {
	f := Filled{Suite: cs.Path, FillReport: compare.FillReport{Spent: price.Known(price.Money{})}}
	su, err := suite.Load(source, cs.Path)
	if err != nil {
		return f, err
	}
	if cs.Name != "" {
		su.Name = cs.Name
	}
	f.Suite = su.Name
	if g.Change.Pair, g.Change.Watches, err = fit.Base(source, change.Watched(g.Config.Watches), su, g.Book.Models()); err != nil {
		return f, err
	}
	o := g.Comparison()
	o.Suite = su
	most, why := g.Allowed(ctx, o.Budget)
	if why != nil {
		f.Problem = why.Text
		return f, nil
	}
	o.Budget = Remaining(most, spent)
	b := g.Bench(source)
	if g.Progress != nil {
		b.Progress = func(p compare.Progress) { g.Progress(su.Name, p.Done, p.Total, p.Spent) }
	}
	if err := g.Prepare(ctx, &o, &b); err != nil {
		return f, err
	}
	f.FillReport, err = compare.FillBase(ctx, o, b, compare.EnoughStored)
	return f, err
}
