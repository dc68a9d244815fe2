package bench

import (
	"strings"

	"github.com/pertask/pertask/compare/question"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// Priced is the bench with a journal that is told of every call what it cost at the question's prices.
func (b Bench) Priced(o question.Options) Bench {
	b.Journal = pricedJournal{b.Journal, o}
	return b
}

// pricedJournal adds to every call what its readers need to re-price and to audit it, and the proxy does not know:
// the model that the arm declares, and the row and status of its price.
type pricedJournal struct {
	trial.Journal
	opts question.Options
}

// AppendCall implements trial.Journal.
func (j pricedJournal) AppendCall(c usage.Call) error {
	side, _, _ := strings.Cut(c.Trial, "/")
	switch trial.Side(side) {
	case trial.Base:
		c.DeclaredModel = j.opts.Pair.Base.Model()
	case trial.Head:
		c.DeclaredModel = j.opts.Pair.Head.Model()
	}
	if c.State == usage.Ended {
		priced := j.opts.Pricing.Call(c)
		c.PriceRow, c.CostStatus = priced.Row, priced.Cost.Status.String()
	}
	return j.Journal.AppendCall(c)
}
