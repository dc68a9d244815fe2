package bill

import (
	"context"
	"strings"

	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/price/purse"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// Purse opens a purse at the bill's prices from which some was spent before. It knows what the trials so far tell of calls.
func (b *Bill) Purse(limit price.Amount, before price.Cost) *purse.Purse {
	p := purse.New(limit, before, func(call usage.Call) price.Cost { return b.pricing.Call(call).Cost })
	for kind, cost := range b.dearest {
		p.Learn(kind, cost)
	}
	return p
}

// Admit returns what the metering proxy asks about each call: it waits where there may be money for it, and refuses it for good
// where there is none. A cap is what a trial may cost, by its id.
func (b *Bill) Admit(p *purse.Purse, limit func(trial string) price.Amount) func(context.Context, usage.Call) error {
	return func(ctx context.Context, call usage.Call) error {
		asked := meter.AskedOf(ctx)
		side, _, _ := strings.Cut(call.Trial, "/")
		err := p.AdmitCall(ctx, call, purse.Terms{Kind: Kind{trial.Side(side), call.Upstream, call.RequestedModel}, Cap: limit(call.Trial),
			Most: func() price.Amount { return purse.Most(b.pricing, call, asked.Bytes(), asked.MostOutput()) }})
		if ctx.Err() != nil {
			return err // it has left while it waited, which says nothing of later ones
		}
		return meter.Final(err)
	}
}
