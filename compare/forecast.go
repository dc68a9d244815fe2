package compare

import (
	"context"
	"errors"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/outlook"
	"github.com/pertask/pertask/compare/stock"
	"github.com/pertask/pertask/internal/strict"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// Forecast is what measuring is likely to cost, from the given stored trials of the base, or those of the Store that may be
// used again, or what is usual. Its amounts are unknown when a price is.
func (o Options) Forecast(stored ...ledger.BaseTrial) *report.Forecast {
	return o.outlook(stored).Forecast()
}

func (o Options) outlook(stored []ledger.BaseTrial) outlook.Plan {
	if stored == nil && o.stores() {
		stored = o.usable()
	}
	p := outlook.Plan{Pair: o.Pair, Suite: o.Suite, Pricing: o.Pricing, Policy: o.Policy, Looks: o.Looks, Warm: o.Cache == CacheWarm,
		Stored: stored, Budget: o.Budget}
	if o.Suite != nil {
		p.Sentinels = stock.Sentinels(len(o.Suite.Tasks))
	}
	return p
}

// patienceWithStore is how long a forecast waits for stored trials.
const patienceWithStore = 10 * time.Second

// usable are the trials of the Store that are not too old. A store that cannot be read is none: a forecast can do without.
func (o Options) usable() []ledger.BaseTrial {
	ctx, stop := context.WithTimeout(context.Background(), patienceWithStore)
	defer stop()
	all, err := o.Store.BaseTrials(ctx, o.BaseKey())
	if err != nil {
		return nil
	}
	now := o.Now
	if now == nil {
		now = time.Now
	}
	usable, _ := ledger.Usable(all, now(), o.ReuseBase)
	return usable
}

// NotMeasured is the report of a change that was not measured, with the reason and what to do next. It shows
// what changed, the list prices and the forecast.
func (o Options) NotMeasured(reason verdict.Finding, next ...string) *report.Report {
	r := o.frame(verdict.NotMeasured)
	r.Reason = reason
	r.NextSteps = append(r.NextSteps, next...)
	if o.Suite != nil {
		r.Forecast = o.Forecast()
	}
	o.decide(r)
	return r
}

// NothingChanged is the report of a pull request that changes no model setting.
func (o Options) NothingChanged() *report.Report {
	r := o.frame(verdict.NothingChanged)
	r.Reason = verdict.Finding{Code: "nothing-changed", Text: "No model setting changed."}
	o.decide(r)
	return r
}

// BadInput is the report of a configuration, suite or usage that is wrong.
func (o Options) BadInput(err error) *report.Report {
	r := o.frame(verdict.BadInput)
	r.Reason = verdict.Finding{Code: "bad-input", Text: err.Error(), Withhold: true}
	var inSettings *arm.Error
	var inFile *strict.Error
	switch {
	case errors.As(err, &inSettings):
		r.Reason.Path, r.Reason.Line = inSettings.Source.Path, inSettings.Source.Line
	case errors.As(err, &inFile):
		r.Reason.Path, r.Reason.Line = inFile.Path, inFile.Line
	}
	o.decide(r)
	return r
}

// Findings turns the findings of package arm into those of a report.
func Findings(pair arm.Pair) []verdict.Finding {
	var out []verdict.Finding
	for _, f := range pair.Findings {
		out = append(out, verdict.Finding{Code: f.Code, Text: f.Text, Path: f.Source.Path, Line: f.Source.Line, Withhold: f.Withhold})
	}
	return out
}
