package compare

import (
	"math"

	"github.com/pertask/pertask/price"
)

// Progress is how far a comparison is.
type Progress struct {
	Done, Total int          // trials up to the next look, with those that were carried out again and warm-ups
	Spent       price.Amount // unknown once a cost is
	// Look is the number of the look that the trials are for, from 1, of so many Looks, and Trials what it needs of each
	// task under each arm. They are 0 where none is planned.
	Look, Looks, Trials int
	// Chance is the chance of a verdict by the last look, 0 to 1, as seen from the look before; NaN where that cannot be
	// said, as before the first.
	Chance float64
}

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
