package compare

import (
	"fmt"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
)

// ForecastMissing is Options.Forecast for a process that goes on with a journal: what it has is paid for, so only the trials that
// are missing will cost anything. Nothing is written to the journal.
func ForecastMissing(o Options, j trial.Journal, stored ...ledger.BaseTrial) (*report.Forecast, error) {
	c, err := New(o)
	if err != nil {
		return nil, err
	}
	have, err := claim(o, j)
	if err != nil {
		return nil, err
	}
	if err := c.goOn(have); err != nil {
		return nil, err
	}
	p := o.Outlook(stored)
	all := p.Most()
	p.Missing = append([]trial.Slot{}, c.plan.Left()...)
	f := p.Forecast()
	if done := all - p.Most(); done > 0 {
		f.Basis += fmt.Sprintf(" %d of %s are there already and cost nothing.", done, count(all, "trial"))
	}
	return f, nil
}
