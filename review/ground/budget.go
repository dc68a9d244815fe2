package ground

import (
	"context"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/verdict"
)

// NotKnown is the code of Allowed where it cannot be found out what may be spent.
const NotKnown = "budget-not-known"

// Allowed is what may be spent now: the lesser of a budget and of what Options.Budget allows. Where that is nothing, or cannot be
// found out, it says why.
func (o Options) Allowed(ctx context.Context, budget price.Amount) (most price.Amount, why *verdict.Finding) {
	if o.Budget == nil {
		return budget, nil
	}
	left, err := o.Budget(ctx)
	if err != nil {
		o.Log.Error("asking what may be spent", "error", err)
		return price.Known(price.Money{}), &verdict.Finding{Code: NotKnown, Text: "What pertask may spend here could not be found out, so nothing was measured."}
	}
	m, limited := left.Value()
	if !limited {
		return budget, nil
	}
	if m.Cmp(price.Money{}) <= 0 {
		return price.Known(price.Money{}), &verdict.Finding{Code: "budget-spent", Text: "What pertask may spend here is spent, so nothing was measured."}
	}
	if b, known := budget.Value(); !known || m.Cmp(b) < 0 {
		return left, nil
	}
	return budget, nil
}

// Remaining is what is left of a budget. When it is not known what was spent, nothing is left.
func Remaining(budget, spent price.Amount) price.Amount {
	b, limited := budget.Value()
	m, known := spent.Value()
	switch {
	case !limited:
		return budget
	case !known || m.Cmp(b) >= 0:
		return price.Known(price.Money{})
	}
	return price.Known(b.Minus(m))
}
