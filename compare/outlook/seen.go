package outlook

import (
	"unicode/utf8"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/route"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// The prior of what a trial consumes, before anything was measured. An agent's trial is the median, class by
// class and rounded, of the 2,344 recorded trials that the demo's come from; two thirds of their totals lie
// within a factor of 9 of it. A prompt is its own length at 4 characters a token and a page of answer.
const (
	priorAgentInput  = 43_000
	priorAgentCached = 185_000
	priorAgentOutput = 10_000
	priorAnswer      = 500
	charactersAToken = 4

	priorBasis = "It rests on the prices that apply and the median of 2,344 recorded agent trials: 43k input, 185k cached and 10k output tokens; " +
		"for one prompt on its length and 500 tokens of answer. Two thirds of those trials lie within a factor of 9, so the amounts may be as far off."
)

// usualRate is the share of trials that complete where nothing is stored.
const usualRate = 0.8

// seen is what is known of the trials of a suite before they are carried out.
type seen struct {
	means    map[trial.Side]map[string]price.Amount // of one trial, by task
	stored   int                                    // trials of the base that were priced
	guessed  bool                                   // some task has none
	measured bool                                   // the spread is that of stored trials
	// variance is that of the log of an arm's cost per completed task with one trial of each task.
	variance float64
}

func (s *seen) cost(side trial.Side, task string) price.Amount { return s.means[side][task] }

func (p Plan) newSeen() *seen {
	s := &seen{means: map[trial.Side]map[string]price.Amount{trial.Base: {}, trial.Head: {}}}
	byTask := map[string][]ledger.BaseTrial{}
	for _, t := range p.Stored {
		byTask[t.Task] = append(byTask[t.Task], t)
	}
	var cells []stats.Cell
	complete := true
	for _, t := range p.Suite.Tasks {
		cell, ok := p.fold(s, t, byTask[t.ID])
		cells, complete = append(cells, cell), complete && ok && cell.Trials() > 1
	}
	n := float64(s.stored) / float64(len(p.Suite.Tasks))
	if both, err := stats.CompareSuite(cells, cells); complete && err == nil && both.Base.LogVar > 0 {
		s.variance, s.measured = both.Base.LogVar*n, true
		return s
	}
	se, _ := stats.Typical(len(p.Suite.Tasks), 2, usualRate)
	s.variance = se * se // of both arms with two trials each, which is that of one with one
	return s
}

// fold takes the stored trials of a task; false where they leave the costs to guess.
func (p Plan) fold(s *seen, t suite.Task, stored []ledger.BaseTrial) (stats.Cell, bool) {
	var cell stats.Cell
	base, head := price.Nothing(), price.Nothing()
	for _, b := range stored {
		own := p.cost(b, p.Pair.Base)
		m, known := own.Amount.Value()
		if !known {
			continue
		}
		cell.Add(stats.Obs{Cost: m.Float64(), Completed: b.Completed})
		base, head = base.Plus(own), head.Plus(p.cost(b, p.Pair.Head))
	}
	n := cell.Trials()
	if n == 0 || !head.Amount.IsKnown() {
		s.guessed = true
		s.means[trial.Base][t.ID], s.means[trial.Head][t.ID] = p.prior(p.Pair.Base, t).Amount, p.prior(p.Pair.Head, t).Amount
		return cell, false
	}
	s.stored += n
	s.means[trial.Base][t.ID], s.means[trial.Head][t.ID] = times(base.Amount, 1/float64(n)), times(head.Amount, 1/float64(n))
	return cell, true
}

// cost prices a stored trial as if it had been one of an arm: calls of the base's model become calls of the arm's.
func (p Plan) cost(b ledger.BaseTrial, a arm.Arm) price.Cost {
	sum := price.Nothing()
	for _, call := range b.Calls {
		if a.Model() == p.Pair.Base.Model() || call.RequestedModel != p.Pair.Base.Model() {
			sum = sum.Plus(p.Pricing.Call(call).Cost)
			continue
		}
		provider, err := route.Provider(a, p.Pricing.Book)
		if err != nil {
			return price.Cost{}
		}
		tier, _ := a.Get(arm.MainSlot, arm.ServiceTier)
		sum = sum.Plus(p.Pricing.Tokens(provider, a.Model(), tier, call.Consumed()).Cost)
	}
	return sum
}

// prior is the expected cost of one trial of which nothing is stored.
func (p Plan) prior(a arm.Arm, t suite.Task) price.Cost {
	provider, err := route.Provider(a, p.Pricing.Book)
	if err != nil {
		return price.Cost{}
	}
	tokens := usage.None()
	tokens.Input, tokens.CacheRead, tokens.Output = usage.Known(priorAgentInput), usage.Known(priorAgentCached), usage.Known(priorAgentOutput)
	if t.Harness == "prompt" {
		tokens = usage.None()
		tokens.Input = usage.Known(int64(utf8.RuneCountInString(t.Prompt)/charactersAToken + 1))
		tokens.Output = usage.Known(priorAnswer)
	}
	tier, _ := a.Get(arm.MainSlot, arm.ServiceTier)
	return p.Pricing.Tokens(provider, a.Model(), tier, tokens).Cost
}
