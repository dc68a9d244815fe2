package compare

import (
	"math"

	"github.com/pertask/pertask/price"
)

// far is how far the comparison is on its way to so many trials.
func (c *Comparison) far(total int, spent price.Amount) Progress {
	p := Progress{Done: c.plan.Attempted(), Total: total, Spent: spent, Chance: math.NaN()}
	if c.course == nil {
		return p
	}
	at, all := c.plan.Look(), c.course.Trials()
	p.Look, p.Looks, p.Trials = at+1, len(all), all[at]
	if c.last != nil {
		p.Chance = c.last.Chance
	}
	return p
}
