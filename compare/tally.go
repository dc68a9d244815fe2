package compare

import (
	"fmt"
	"math"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// taskTally is what is known of one task.
type taskTally struct {
	task       suite.Task
	base, head *sideTally
}

func (t *taskTally) side(s trial.Side) (*sideTally, error) {
	switch s {
	case trial.Base:
		return t.base, nil
	case trial.Head:
		return t.head, nil
	}
	return nil, fmt.Errorf("arm %q; allowed are base and head", s)
}

// sideTally folds the trials of one task under one arm: its size does not depend on their number.
type sideTally struct {
	cell      stats.Cell // completed and failed trials whose cost is known
	trials    int        // completed and failed
	completed int
	voids     int
	callless  int // trials that count without a single call
	costless  int // completed trials without a single call
	strange   int // trials with calls of which none asks for the declared model
	calls     int
	cost      price.Cost // of the trials that count
	tokens    usage.Tokens
	seconds   float64 // sum over timed
	timed     int
	causes    map[string]int
	missing   map[string]bool // what to add to the price book
	unknown   int             // trials that count whose cost is unknown
	ungraded  int             // recorded trials whose outcome is unknown
}

func newSideTally() *sideTally {
	return &sideTally{cost: price.Nothing(), tokens: usage.None(), causes: map[string]int{}, missing: map[string]bool{}}
}

// pricedTrial is what the calls of one trial add up to.
type pricedTrial struct {
	cost    price.Cost
	tokens  usage.Tokens
	calls   int
	strange bool // there are calls, and none asks for the declared model
	missing []string
}

func (s *sideTally) add(r trial.Result, p pricedTrial) {
	if c := r.Trial.Cause; c != "" {
		s.causes[c]++
	}
	switch r.Trial.Outcome {
	case trial.Completed:
		s.completed++
	case trial.Failed:
	default:
		s.voids++
		if r.Trial.Origin == trial.Recorded {
			s.ungraded++
		}
		return
	}
	s.trials++
	s.cost = s.cost.Plus(p.cost)
	s.calls += p.calls
	if p.strange {
		s.strange++
	}
	if p.calls == 0 {
		s.callless++
		if r.Trial.Outcome == trial.Completed {
			s.costless++
		}
	} else {
		s.tokens = s.tokens.Plus(p.tokens)
	}
	if r.Trial.Seconds != nil {
		s.seconds += *r.Trial.Seconds
		s.timed++
	}
	for _, m := range p.missing {
		s.missing[m] = true
	}
	amount, known := p.cost.Amount.Value()
	if !known {
		s.unknown++
		return
	}
	s.cell.Add(stats.Obs{Cost: amount.Float64(), Completed: r.Trial.Outcome == trial.Completed})
}

// perTrial is the mean of a sum over the trials that count; NaN when it is not known.
func (s *sideTally) perTrial(n usage.Count) float64 {
	v, ok := n.Value()
	if !ok || s.trials == 0 {
		return math.NaN()
	}
	return float64(v) / float64(s.trials)
}

// dollarsPerTrial is the mean of an amount over the trials that count; NaN when it is not known.
func (s *sideTally) dollarsPerTrial(a price.Amount) float64 {
	m, ok := a.Value()
	if !ok || s.trials == 0 {
		return math.NaN()
	}
	return m.Float64() / float64(s.trials)
}

// secondsPerTrial is the mean duration; NaN when one of the trials was not timed.
func (s *sideTally) secondsPerTrial() float64 {
	if s.trials == 0 || s.timed != s.trials {
		return math.NaN()
	}
	return s.seconds / float64(s.timed)
}

// leaveOut says why a task cannot be part of the numbers, or "" when it can. With unknowns set, a single
// unknown outcome or cost is a reason.
func (t *taskTally) leaveOut(unknowns bool) string {
	for _, x := range []struct {
		name string
		s    *sideTally
	}{{"base", t.base}, {"head", t.head}} {
		switch {
		case x.s.trials+x.s.voids == 0:
			return "no trial of the " + x.name
		case unknowns && x.s.ungraded > 0:
			return fmt.Sprintf("outcome unknown in %d of %d trials of the %s", x.s.ungraded, x.s.trials+x.s.voids, x.name)
		case unknowns && x.s.unknown > 0:
			return fmt.Sprintf("cost unknown in %d of %d trials of the %s", x.s.unknown, x.s.trials+x.s.voids, x.name)
		case x.s.trials == 0:
			return "every trial of the " + x.name + " is void"
		}
	}
	return ""
}
