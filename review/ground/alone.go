package ground

import (
	"context"
	"errors"
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
	"github.com/pertask/pertask/verdict"
)

// Alone is the ground of a commit of the base branch that is compared with nothing, and its tree. A commit without a
// configuration has none, and neither has one whose configuration wants trials carried out elsewhere: nil.
func (o Options) Alone(ctx context.Context, repo github.Repo, sha string) (*Ground, *tree.Tree, error) {
	g := &Ground{Options: o, Trigger: trigger.Trigger{Kind: trigger.PullRequest, Repo: repo, BaseSHA: sha, HeadSHA: sha}, Config: config.Default()}
	source, err := g.Source(ctx)
	if err != nil {
		return nil, nil, err
	}
	switch c, err := config.Load(source, g.ConfigPath); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, nil
	case err != nil:
		return nil, nil, err
	default:
		g.Config = c
	}
	if err := g.settle(); err != nil {
		return nil, nil, err
	}
	if g.IsAway() { // nothing of it runs here
		return nil, nil, nil
	}
	return g, source, nil
}

// AloneWith are the options and the bench of trials of the base alone, of one suite, within what is left of a budget of which
// others have spent a part. A finding says why nothing may be spent; the options then have the suite and no more.
func (g *Ground) AloneWith(ctx context.Context, source *tree.Tree, cs config.Suite, budget, spent price.Amount) (o compare.Options, b compare.Bench, why *verdict.Finding, err error) {
	su, err := suite.Load(source, cs.Path)
	if err != nil {
		return o, b, nil, err
	}
	if cs.Name != "" {
		su.Name = cs.Name
	}
	o.Suite = su
	if g.Change.Pair, g.Change.Watches, err = fit.Base(source, change.Watched(g.Config.Watches), su, g.Book.Models()); err != nil {
		return o, b, nil, err
	}
	o = g.Comparison()
	o.Suite = su
	most, why := g.Allowed(ctx, budget)
	if why != nil {
		return o, b, why, nil
	}
	o.Budget = Remaining(most, spent)
	b = g.Bench(source)
	if g.Progress != nil {
		b.Progress = func(p compare.Progress) { g.Progress(su.Name, p.Done, p.Total, p.Spent) }
	}
	return o, b, nil, g.Prepare(ctx, &o, &b)
}
