package ground

import (
	"context"
	"fmt"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/internal/tree"
	"github.com/pertask/pertask/price"
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
	g, source, err := o.Alone(ctx, repo, sha)
	if g == nil || err != nil {
		return nil, err
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
	o, b, why, err := g.AloneWith(ctx, source, cs, g.Config.Run.Budget, spent)
	if o.Suite != nil {
		f.Suite = o.Suite.Name
	}
	if err != nil || why != nil {
		if why != nil {
			f.Problem = why.Text
		}
		return f, err
	}
	f.FillReport, err = compare.FillBase(ctx, o, b, compare.EnoughStored)
	return f, err
}
