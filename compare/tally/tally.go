// Package tally adds up the trials of each task under each arm.
//
// It knows outcomes, what calls add up to, and why a task cannot be part of the numbers. It refuses to know prices, the
// order of trials and what follows from the sums.
package tally

import (
	"fmt"
	"math"
	"strconv"

	"github.com/pertask/pertask/compare/used"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// Task is what is known of one task.
type Task struct {
	Task       suite.Task
	Base, Head *Side
}

// New returns the tally of a task without a trial.
func New(t suite.Task) *Task { return &Task{Task: t, Base: newSide(), Head: newSide()} }

// Side returns the tally of one arm. Another arm than base and head is an error.
func (t *Task) Side(s trial.Side) (*Side, error) {
	switch s {
	case trial.Base:
		return t.Base, nil
	case trial.Head:
		return t.Head, nil
	}
	return nil, fmt.Errorf("arm %q; allowed are base and head", s)
}

// Sides returns both.
func (t *Task) Sides() [2]*Side { return [2]*Side{t.Base, t.Head} }

// Side folds the trials of one task under one arm: its size does not depend on their number.
type Side struct {
	Cell      stats.Cell // completed and failed trials whose cost is known
	cold      stats.Cell // the same with what they would have cost without a cache
	Trials    int        // completed and failed
	Completed int
	Voids     int // trials that no later attempt has replaced
	Callless  int // trials that count without a single call
	Costless  int // completed trials without a single call
	Strange   int // trials with calls of which none asks for the declared model
	Untiered  int // trials with calls of which none asks for the declared service tier
	Calls     int
	Cost      price.Cost // of the trials that count
	Tokens    usage.Tokens
	Used      used.Sums       // class by class, of the trials that count
	Causes    map[string]int  // outcomes other than completed, by cause
	Missing   map[string]bool // what to add to the price book
	Unknown   int             // trials that count whose cost is unknown
	Uncounted int             // trials that are void because nobody could tell what they cost
	Ungraded  int             // recorded trials whose outcome is unknown

	seconds float64 // sum over timed
	timed   int
}

func newSide() *Side {
	return &Side{Cost: price.Nothing(), Tokens: usage.None(), Causes: map[string]int{}, Missing: map[string]bool{}}
}

// Priced is what the calls of one trial add up to.
type Priced struct {
	Cost     price.Cost
	Tokens   usage.Tokens
	Used     used.Sums // class by class
	Calls    int
	Strange  bool // there are calls, and none asks for the declared model
	Untiered bool // there are calls, and none asks for the declared service tier
	Missing  []string
}

// Add takes a trial and what its calls add up to. The cost of a void one is not the arm's.
func (s *Side) Add(t trial.Trial, p Priced) {
	if c := t.Cause; c != "" {
		s.Causes[c]++
	}
	switch t.Outcome {
	case trial.Completed:
		s.Completed++
	case trial.Failed:
	default:
		s.addVoid(t, p)
		return
	}
	s.Trials++
	s.Cost = s.Cost.Plus(p.Cost)
	s.Calls += p.Calls
	s.Used = s.Used.Plus(p.Used)
	s.Strange += one(p.Strange)
	s.Untiered += one(p.Untiered)
	if p.Calls == 0 {
		s.Callless++
		s.Costless += one(t.Outcome == trial.Completed)
	} else {
		s.Tokens = s.Tokens.Plus(p.Tokens)
	}
	if t.Seconds != nil {
		s.seconds += *t.Seconds
		s.timed++
	}
	s.miss(p)
	amount, known := p.Cost.Amount.Value()
	if !known {
		s.Unknown++
		return
	}
	s.Cell.Add(stats.Obs{Cost: amount.Float64(), Completed: t.Outcome == trial.Completed})
	s.cold.Add(stats.Obs{Cost: max(0, p.Used.Cold), Completed: t.Outcome == trial.Completed})
}

// Count adds a trial that counts and made one call, which paid for some parts, but for its exact cost and its tokens:
// Settle adds those of many trials at once.
func (s *Side) Count(completed bool, seconds *float64, paid, list float64, listed bool, parts []used.Part) {
	s.Trials++
	s.Completed += one(completed)
	s.Calls++
	cold := s.Used.AddParts(parts, paid, list)
	s.Used.Unlisted = s.Used.Unlisted || !listed && paid != 0
	if seconds != nil {
		s.seconds += *seconds
		s.timed++
	}
	s.Cell.Add(stats.Obs{Cost: paid, Completed: completed})
	s.cold.Add(stats.Obs{Cost: max(0, cold), Completed: completed})
}

// Settle adds the exact cost and the tokens of as many trials as were counted without.
func (s *Side) Settle(trials int, cost price.Cost, tokens usage.Tokens, strange, untiered bool) {
	s.Cost, s.Tokens = s.Cost.Plus(cost), s.Tokens.Plus(tokens)
	s.Strange += trials * one(strange)
	s.Untiered += trials * one(untiered)
}

// Cold is the same task with what its trials would have cost had a cache served none of their input. It is not known
// where what some trial used is not known.
func (t *Task) Cold() (cold *Task, known bool) {
	base, head := *t.Base, *t.Head
	for _, s := range []*Side{&base, &head} {
		if s.Used.Unknown || s.Unknown > 0 || s.Trials != s.cold.Trials() {
			return nil, false
		}
		s.Cell = s.cold
	}
	return &Task{Task: t.Task, Base: &base, Head: &head}, true
}

// addVoid takes a void trial. One that ended because a budget could not be kept with an unknown cost says what is
// missing: that, and not the budget, is what withholds the verdict.
func (s *Side) addVoid(t trial.Trial, p Priced) {
	s.Voids++
	s.Ungraded += one(t.Origin == trial.Recorded)
	if t.Cause == trial.CauseBudget && !p.Cost.Amount.IsKnown() {
		s.Uncounted++
		s.miss(p)
	}
}

func (s *Side) miss(p Priced) {
	for _, m := range p.Missing {
		s.Missing[m] = true
	}
}

// Replace takes back a trial that was void for the given cause: it is carried out again.
func (s *Side) Replace(cause string) {
	s.Voids--
	if s.Causes[cause]--; s.Causes[cause] <= 0 {
		delete(s.Causes, cause)
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// PerTrial is the mean of a sum over the trials that count; NaN when it is not known.
func (s *Side) PerTrial(n usage.Count) float64 {
	v, ok := n.Value()
	if !ok || s.Trials == 0 {
		return math.NaN()
	}
	return float64(v) / float64(s.Trials)
}

// DollarsPerTrial is the mean of an amount over the trials that count; NaN when it is not known.
func (s *Side) DollarsPerTrial(a price.Amount) float64 {
	m, ok := a.Value()
	if !ok || s.Trials == 0 {
		return math.NaN()
	}
	return m.Float64() / float64(s.Trials)
}

// SecondsPerTrial is the mean duration; NaN when one of the trials was not timed.
func (s *Side) SecondsPerTrial() float64 {
	if s.Trials == 0 || s.timed != s.Trials {
		return math.NaN()
	}
	return s.seconds / float64(s.timed)
}

// LeaveOut says why a task cannot be part of the numbers, or "" when it can. With unknowns set, a single
// unknown outcome or cost is a reason.
func (t *Task) LeaveOut(unknowns bool) string {
	for _, x := range []struct {
		name string
		s    *Side
	}{{"base", t.Base}, {"head", t.Head}} {
		switch {
		case x.s.Trials+x.s.Voids == 0:
			return "no trial of the " + x.name
		case unknowns && x.s.Ungraded > 0:
			return fmt.Sprintf("outcome unknown in %d of %d trials of the %s", x.s.Ungraded, x.s.Trials+x.s.Voids, x.name)
		case unknowns && x.s.Unknown > 0:
			return fmt.Sprintf("cost unknown in %d of %d trials of the %s", x.s.Unknown, x.s.Trials+x.s.Voids, x.name)
		case x.s.Trials == 0:
			return "every trial of the " + x.name + " is void"
		}
	}
	return ""
}

// Expected is what so many further trials would cost, were they like the mean of those that count. It is unknown where
// their cost is.
func (s *Side) Expected(trials int) price.Cost {
	m, known := s.Cost.Amount.Value()
	if !known || s.Trials == 0 {
		return price.Cost{}
	}
	share, err := price.ParseFactor(strconv.FormatFloat(float64(trials)/float64(s.Trials), 'f', 9, 64))
	if err != nil {
		return price.Cost{}
	}
	return price.Cost{Amount: price.Known(m.Scale(share)), Status: s.Cost.Status}
}
