package compare

import (
	"github.com/pertask/pertask/compare/shortfall"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// unserved is the report when the provider served nothing: nothing was measured.
func (c *Comparison) unserved() *report.Report {
	reason, next := shortfall.Unserved(c.bill.Refused())
	r := c.opts.NotMeasured(reason, next)
	r.Forecast = nil
	r.SpentUSD = c.spent.Amount
	return r
}

// cutShort withholds the verdict for what was found, if anything.
func (c *Comparison) cutShort(f *verdict.Finding) {
	if f != nil {
		c.gone = f
	}
}

// incomplete withholds the verdict while the trials of a look are not all there: such a look is none. That is so, too, while
// void ones would be carried out again if there were money, or a provider: to look before that and after is to look twice.
func (c *Comparison) incomplete() *verdict.Finding {
	if c.gone != nil || c.course == nil || c.over() {
		return c.gone
	}
	if f := shortfall.Cut(c.plan.Unfilled()); f != nil {
		return f
	}
	return shortfall.Again(len(c.plan.Next()))
}
