// Package witness holds what others say that calls consumed and cost against what was metered.
//
// It knows providers' own charges, gateways' claims and agents' self-reports, and when two figures are too far apart.
// It refuses to know arms, verdicts and which figure is right: it shows both.
package witness

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/usage"
)

// Witnesses collects what others say of the calls of one arm. Only what both sides say something about is added up,
// so that the two sums can be held against each other. The zero value is ready. It is not safe for concurrent use.
type Witnesses struct {
	dollars    map[string]*pair
	said, held usage.Count // tokens; unknown until some agent has told some
	heard      bool
}

// pair is two sums of dollars over the same calls.
type pair struct {
	ours       string // what the figure of ours is
	said, held price.Money
}

func (w *Witnesses) add(who, ours string, said, held price.Money) {
	if w.dollars == nil {
		w.dollars = map[string]*pair{}
	}
	p := w.dollars[who]
	if p == nil {
		p = &pair{ours: ours}
		w.dollars[who] = p
	}
	p.said, p.held = p.said.Plus(said), p.held.Plus(held)
}

// Call takes what a provider and a gateway say of one call. Both are held against list prices, which is what gateways
// go by; a call of which only a part was seen is no measure.
func (w *Witnesses) Call(c usage.Call, cost price.Cost) {
	held, known := cost.List.Value()
	if !known || cost.Status == price.LowerBound {
		return
	}
	if said, ok := charged(c); ok {
		w.Charged(said, cost)
	}
	for _, who := range slices.Sorted(maps.Keys(c.Claims)) {
		if said, err := price.ParseMoney(c.Claims[who]); err == nil {
			w.add("the gateway (`"+who+"`)", "the price book", said, held)
		}
	}
}

// Charged takes what a provider says that a call cost.
func (w *Witnesses) Charged(said price.Money, cost price.Cost) {
	if held, known := cost.List.Value(); known && cost.Status != price.LowerBound {
		w.add("the provider", "the price book", said, held)
	}
}

// charged is the whole charge that came with an answer.
func charged(c usage.Call) (price.Money, bool) {
	sum, err := price.ParseMoney(c.ReportedUSD)
	if err != nil || c.ReportedUpstreamUSD == "" {
		return sum, err == nil
	}
	upstream, err := price.ParseMoney(c.ReportedUpstreamUSD)
	return sum.Plus(upstream), err == nil
}

// Trial takes what an agent says of its own trial, beside the metered tokens and cost. Classes that it does not tell
// are not compared.
func (w *Witnesses) Trial(said *usage.SelfReport, tokens usage.Tokens, cost price.Cost) {
	if said == nil || cost.Status == price.LowerBound {
		return
	}
	if usd, err := price.ParseMoney(said.USD); err == nil {
		if held, known := cost.List.Value(); known {
			w.add("the agent itself", "the metered tokens at list price", usd, held)
		}
	}
	for _, p := range [][2]usage.Count{
		{said.Tokens.Input, tokens.Input}, {said.Tokens.CacheRead, tokens.CacheRead},
		{said.Tokens.CacheCreation, tokens.Written()}, {said.Tokens.Output, tokens.Output},
	} {
		if !p[0].IsKnown() || !p[1].IsKnown() {
			continue
		}
		if !w.heard {
			w.said, w.held, w.heard = usage.Known(0), usage.Known(0), true
		}
		w.said, w.held = w.said.Plus(p[0]), w.held.Plus(p[1])
	}
}

// Apart returns a sentence for everyone whose figures for an arm are more than 1 % away from ours, with both figures.
func (w *Witnesses) Apart(arm string) []string {
	var out []string
	for _, who := range slices.Sorted(maps.Keys(w.dollars)) {
		if p := w.dollars[who]; dollarsApart(p.said, p.held) {
			out = append(out, fmt.Sprintf("More than 1 %% apart: %s says that the calls of the %s cost %s, %s says %s.",
				who, arm, figure.Amount(price.Known(p.said)), p.ours, figure.Amount(price.Known(p.held))))
		}
	}
	if w.heard && countsApart(w.said, w.held) {
		out = append(out, fmt.Sprintf("More than 1 %% apart: the agent itself says that the trials of the %s took %s tokens, the meter counted %s.", arm, w.said, w.held))
	}
	return out
}

// dollarsApart reports whether two amounts differ by more than a hundredth of the second.
func dollarsApart(said, held price.Money) bool {
	d := said.Minus(held)
	if d.IsNegative() {
		d = held.Minus(said)
	}
	return d.Times(100).Cmp(held) > 0
}

// countsApart is the same for counts. Sums that are too large to be a count are apart from everything.
func countsApart(said, held usage.Count) bool {
	s, told := said.Value()
	h, known := held.Value()
	return !told || !known || max(s-h, h-s) > h/100
}
