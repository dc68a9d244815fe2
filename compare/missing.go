package compare

import (
	"fmt"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
)

// ForecastMissing is Forecast for a process that goes on with a journal: what it has is paid for, so only the trials that
// are missing will cost anything. Nothing is written to the journal.
func (o Options) ForecastMissing(j trial.Journal) (*report.Forecast, error) {
	c, err := New(o)
	if err != nil {
		return nil, err
	}
	have, err := o.claim(j)
	if err != nil {
		return nil, err
	}
	if err := c.goOn(have); err != nil {
		return nil, err
	}
	slots := c.plan.Left()
	if o.Cache == CacheWarm {
		slots = append(slots, c.plan.Warmups(slots)...)
	}
	f := o.Forecast()
	if len(slots) == f.Trials {
		return f, nil
	}
	f.Basis += fmt.Sprintf(" %d of %s are there already and cost nothing.", f.Trials-len(slots), count(f.Trials, "trial"))
	f.Trials = len(slots)
	sum := price.Nothing()
	for _, s := range slots {
		a := o.Pair.Base
		if s.Arm == trial.Head {
			a = o.Pair.Head
		}
		sum = sum.Plus(o.prior(a, c.at[s.Task].Task))
	}
	f.USD, f.Low, f.High = price.Amount{}, price.Amount{}, price.Amount{}
	if m, ok := sum.Amount.Value(); ok {
		f.USD, f.Low, f.High = price.Known(m), price.Known(m.Scale(ninth)), price.Known(m.Times(priorRange))
	}
	return f, nil
}
