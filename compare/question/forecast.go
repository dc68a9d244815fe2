package question

import (
	"context"
	"time"

	"github.com/pertask/pertask/compare/outlook"
	"github.com/pertask/pertask/compare/stock"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/report"
)

// Forecast is what measuring is likely to cost, from the given stored trials of the base, or those of the Store that may be
// used again, or what is usual. Its amounts are unknown when a price is.
func (o Options) Forecast(stored ...ledger.BaseTrial) *report.Forecast {
	return o.Outlook(stored).Forecast()
}

// Outlook is what is to be measured, for a forecast from the given stored trials, as Forecast.
func (o Options) Outlook(stored []ledger.BaseTrial) outlook.Plan {
	if stored == nil && o.Stores() {
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

// Stores reports whether trials of the base are taken from the Store, and put into it.
func (o Options) Stores() bool { return o.Store != nil && o.ReuseBase > 0 }
