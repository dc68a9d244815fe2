package compare

import (
	"fmt"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

// A witness is one who says what an arm consumed or cost besides our own meter and price book. Only what both say
// something about is added up, so that the two sums can be held against each other.
type witness struct {
	who, ours  string // who says so, and what it is held against
	said, held price.Money
}

// tokenWitness is a witness that tells tokens and not dollars.
type tokenWitness struct{ said, held int64 }

// agreement collects what others say of the calls of one arm.
type agreement struct {
	dollars map[string]*witness
	tokens  tokenWitness
	heard   bool // some agent has told tokens
}

func newAgreement() *agreement { return &agreement{dollars: map[string]*witness{}} }

func (a *agreement) add(who, ours string, said, held price.Money) {
	w := a.dollars[who]
	if w == nil {
		w = &witness{who: who, ours: ours}
		a.dollars[who] = w
	}
	w.said, w.held = w.said.Plus(said), w.held.Plus(held)
}

// call takes what a provider and a gateway say of one call. A figure that is no amount of dollars is no witness.
func (a *agreement) call(c usage.Call, p price.Priced) {
	if said, ok := reportedByProvider(c); ok {
		if list, known := p.Cost.List.Value(); known && p.Cost.Status != price.LowerBound {
			a.add("the provider", "the price book", said, list)
		}
	}
	for _, who := range sortedKeys(c.Claims) {
		said, err := price.ParseMoney(c.Claims[who])
		if held, known := p.Cost.Amount.Value(); err == nil && known {
			a.add("the gateway (`"+who+"`)", "pertask", said, held)
		}
	}
}

// reportedByProvider is the whole charge that came with an answer.
func reportedByProvider(c usage.Call) (price.Money, bool) {
	if c.ReportedUSD == "" {
		return price.Money{}, false
	}
	sum, err := price.ParseMoney(c.ReportedUSD)
	if err != nil || c.ReportedUpstreamUSD == "" {
		return sum, err == nil
	}
	upstream, err := price.ParseMoney(c.ReportedUpstreamUSD)
	return sum.Plus(upstream), err == nil
}

// trial takes what the agent says of its own trial. Classes that it does not tell are not compared.
func (a *agreement) trial(said *usage.SelfReport, p pricedTrial) {
	if said == nil {
		return
	}
	if usd, err := price.ParseMoney(said.USD); err == nil {
		if held, known := p.cost.List.Value(); known {
			a.add("the agent itself", "the metered tokens at list price", usd, held)
		}
	}
	for _, pair := range [][2]usage.Count{
		{said.Tokens.Input, p.tokens.Input}, {said.Tokens.CacheRead, p.tokens.CacheRead},
		{said.Tokens.CacheCreation, p.tokens.Written()}, {said.Tokens.Output, p.tokens.Output},
	} {
		s, told := pair[0].Value()
		h, known := pair[1].Value()
		if told && known {
			a.tokens.said, a.tokens.held, a.heard = a.tokens.said+s, a.tokens.held+h, true
		}
	}
}

// disagreements finds everyone whose figures for an arm are more than 1 % away from ours. Both figures are shown: ours
// counts, but for a provider's own charge, which is what is billed.
func (c *Comparison) disagreements() []verdict.Finding {
	var out []verdict.Finding
	for _, arm := range c.arms() {
		a := c.agreements[arm.side]
		for _, who := range sortedKeys(a.dollars) {
			if w := a.dollars[who]; costsApart(w.said, w.held) {
				out = append(out, disagreement("%s says that the calls of the %s cost %s, %s says %s",
					w.who, arm.side, figure.Amount(price.Known(w.said)), w.ours, figure.Amount(price.Known(w.held))))
			}
		}
		if t := a.tokens; a.heard && apart(t.said, t.held) {
			out = append(out, disagreement("the agent itself says that the trials of the %s took %d tokens, the meter counted %d", arm.side, t.said, t.held))
		}
	}
	return out
}

func disagreement(format string, args ...any) verdict.Finding {
	return verdict.Finding{Code: "figures-disagree", Text: fmt.Sprintf("More than 1 %% apart: "+format+".", args...)}
}

// costsApart reports whether two amounts differ by more than a hundredth of the second.
func costsApart(said, held price.Money) bool {
	d := said.Minus(held)
	if d.IsNegative() {
		d = held.Minus(said)
	}
	return d.Times(100).Cmp(held) > 0
}

// apart reports whether two counts differ by more than a hundredth of the second.
func apart(said, held int64) bool {
	d := said - held
	if d < 0 {
		d = -d
	}
	return 100*d > held
}

// newAgreements makes one agreement for each arm.
func newAgreements() map[trial.Side]*agreement {
	return map[trial.Side]*agreement{trial.Base: newAgreement(), trial.Head: newAgreement()}
}
