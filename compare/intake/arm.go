package intake

import (
	"github.com/pertask/pertask/compare/bill"
	"github.com/pertask/pertask/compare/conduct"
	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/compare/used"
	"github.com/pertask/pertask/compare/witness"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/price/totals"
	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// Arm folds the rows of one arm into tallies, one after the other. All of them name the same model and nothing else that
// decides a price, so that everything but the multiplication is done once. It comes to what Terms.Result would. It
// is not safe for concurrent use.
type Arm struct {
	Terms
	Side    trial.Side
	Conduct *conduct.Conduct
	Bill    *bill.Bill
	Others  *witness.Witnesses

	totals   *totals.Totals // nil before the first row
	plain    bool           // prices below a context are products with the rates
	rates    totals.Micros
	below    int64
	row      string // of the price book, where the model has one
	noWrites string
	noted    string // row of the price book
	priced   tally.Priced
}

// Add folds a row into the tally of its task.
func (a *Arm) Add(s *tally.Side, row *recorded.Row) {
	if a.totals == nil {
		a.begin(*row)
	}
	tokens := row.Tokens
	if a.AssumeUncached {
		tokens = row.Uncached().Tokens
	}
	if a.noWrites != "" && !tokens.CacheCreation.IsKnown() {
		tokens.CacheCreation = usage.Known(0)
		a.Note(a.noWrites)
	}
	priced := a.price(row, &tokens)
	p := &a.priced
	p.Cost, p.Tokens, p.Used, p.Missing = priced.Cost, tokens, used.Sums{}, p.Missing[:0]
	p.Used.Add(priced)
	if priced.Missing != "" {
		p.Missing = append(p.Missing, priced.Missing)
	}
	s.Add(header(row, a.Side), *p)
}

// begin looks up what all rows share.
func (a *Arm) begin(row recorded.Row) {
	r := a.Result(row, a.Side)
	a.Conduct.Take(r)
	model, tier := a.Conduct.Ran(r)
	call := r.Calls[0]
	a.priced = tally.Priced{Calls: len(r.Calls), Strange: !model, Untiered: !tier}
	a.totals = totals.New(a.Pricing, call.Provider, call.Model(), call.Tier())
	a.rates, a.below, a.plain = a.totals.Micros()
	nothing := usage.None()
	a.row = a.totals.Price(&nothing).Row
	if a.Reprice {
		a.noWrites = a.Terms.noWrites(&call)
	}
}

// price is what the row comes to, as package bill has it for a call.
func (a *Arm) price(row *recorded.Row, tokens *usage.Tokens) price.Priced {
	recorded, known := row.Cost.Value()
	if !a.Reprice && !known {
		return price.Priced{Missing: bill.NoRecordedCost}
	}
	out := a.totals.Price(tokens)
	if !a.Reprice {
		out = bill.Recorded(recorded, out)
		a.Others.Charged(recorded, out.Cost)
	}
	if out.Row != a.noted || len(out.Notes) > 0 {
		a.Bill.Note(out)
		a.noted = out.Row
	}
	return out
}
