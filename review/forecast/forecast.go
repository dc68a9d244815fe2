// Package forecast says whether measuring may cost more than is spent without a person's word.
//
// It knows what counts: the forecasts of all suites together for what is missing. It refuses to know who asks, and what becomes
// of a change that is not measured.
package forecast

import (
	"fmt"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// Item is a suite that is to be measured.
type Item struct {
	Options *compare.Options
	// Journal opens the journal of the suite, and names it in the options.
	Journal func(*compare.Options) (trial.Journal, error)
}

// Over says that measuring may cost more than a limit over all suites: what counts is the forecast for the last look, or the
// most that may be spent where that is less, so that nobody is surprised by a change that takes long to tell. What the
// journals of earlier reviews have is paid for; they are opened only where that can matter. The forecasts are the items'.
func Over(limit price.Money, most price.Amount, items []Item) (over *verdict.Finding, forecasts []*report.Forecast, err error) {
	for _, i := range items {
		forecasts = append(forecasts, i.Options.Forecast())
	}
	if _, ok := within(limit, most, forecasts); ok {
		return nil, forecasts, nil
	}
	for n, i := range items {
		j, err := i.Journal(i.Options)
		if err == nil {
			forecasts[n], err = compare.ForecastMissing(*i.Options, j)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("forecasting what suite %q will cost: %w", i.Options.Suite.Name, err)
		}
	}
	sum, ok := within(limit, most, forecasts)
	if ok {
		return nil, forecasts, nil
	}
	text := fmt.Sprintf("What measuring will cost cannot be forecast, because a price is not known, and `auto_run_below` is %s USD.", limit)
	if usd, known := sum.Value(); known {
		text = fmt.Sprintf("Measuring may cost up to %s USD, above `auto_run_below` (%s USD).", usd.Fixed(2), limit)
	}
	return &verdict.Finding{Code: "over-auto-run-below", Text: text}, forecasts, nil
}

// within is the sum of the forecasts, and whether it is known and within the limit.
func within(limit price.Money, most price.Amount, forecasts []*report.Forecast) (price.Amount, bool) {
	sum := price.Known(price.Money{})
	for _, f := range forecasts {
		sum = sum.Plus(AtMost(f))
	}
	if usd, known := sum.Value(); known {
		if b, limited := most.Value(); limited && b.Cmp(usd) < 0 {
			sum = most
		}
	}
	usd, known := sum.Value()
	return sum, known && usd.Cmp(limit) <= 0
}

// AtMost is the forecast for the last look.
func AtMost(f *report.Forecast) price.Amount {
	if f.High.IsKnown() {
		return f.High
	}
	return f.USD
}
