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

// incomplete withholds the verdict while the trials of a look are not all there: such a look is none.
func (c *Comparison) incomplete() *verdict.Finding {
	if c.gone == nil && c.course != nil {
		return shortfall.Cut(c.plan.Unfilled())
	}
	return c.gone
}
