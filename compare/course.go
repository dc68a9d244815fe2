package compare

import (
	"maps"
	"math"
	"slices"

	"github.com/pertask/pertask/compare/looks"
	"github.com/pertask/pertask/compare/numbers"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// progress is how far the looks of a comparison are. Recorded trials have no course: they are looked at once.
type progress struct {
	course  *looks.Course
	last    *looks.Look // the last complete one; nil before the first
	history []report.SequenceLook
	// held are trials of later looks, which an earlier process has carried out: they do not count before their look.
	held map[int][]held
	past *report.Sequence // of a report that is priced again
	err  error            // of a look whose numbers could not be worked out
}

// held is a trial whose look has not come; paid says that what it cost is spent here.
type held struct {
	trial.Result
	paid bool
}

// Next returns the slots that are wanted and not there yet, in the order in which to fill them: first those that no
// trial was carried out for, then those whose trials are void for a cause that another attempt may do away with. A
// complete look is looked at; none are left when that, or the one before, was the last that is worth it.
func (c *Comparison) Next() []trial.Slot {
	for !c.over() {
		if slots := c.plan.Next(); len(slots) > 0 {
			return slots
		}
		if c.course == nil || c.plan.Unfilled()+c.plan.Starved() > 0 {
			return nil // a look that cannot be completed is none
		}
		if c.watch.Waiting() {
			c.judgeStored() // and see whether the base is still complete
			continue
		}
		if !c.early() {
			c.look()
		}
		if !c.over() {
			c.plan.Advance()
			c.release()
		}
	}
	return nil
}

// over reports whether a look has ended the test.
func (c *Comparison) over() bool { return c.err != nil || c.last != nil && c.last.Stopped != "" }

// reopen takes the last look back, so that void slots of it can be filled again.
func (c *Comparison) reopen() {
	if n := len(c.history); n > 0 {
		c.history = c.history[:n-1]
	}
	c.last = nil
}

// look looks at the trials of a look that is complete.
func (c *Comparison) look() {
	at := c.plan.Look()
	n, err := c.count(at)
	if err != nil {
		c.err = err
		return
	}
	_, d := c.decide(n)
	l := c.course.At(at, c.seen(at, n, d))
	if l.Stopped == content.StoppedFutile && len(c.held[at+1]) > 0 {
		l.Stopped = "" // the next look is paid for in part: what it says is worth knowing
	}
	if !d.Reason.Withhold {
		c.keep, c.fresh = append(c.keep, c.fresh...), nil
	}
	c.last = &l
	c.history = append(c.history, report.SequenceLook{Trials: l.Trials, Ratio: report.Number(n.Ratio), Low: report.Number(n.Interval.Low),
		High: report.Number(n.Interval.High), P: report.Number(n.Test.P), NominalP: report.Number(l.Level)})
}

// level is the two-sided level of everything that is tested now: that of the last complete look, and of the first one
// before that.
func (c *Comparison) level() float64 {
	switch {
	case c.past != nil && c.past.Trials > 0:
		return float64(c.past.NominalP)
	case c.course == nil:
		return numbers.Alpha
	case c.last != nil:
		return c.last.Level
	}
	return c.course.Level(0)
}

// count works out the numbers at a look.
func (c *Comparison) count(look int) (numbers.Numbers, error) {
	return numbers.Count(c.tasks, c.opts.LeaveOutUnknown, c.opts.Policy, c.course.Level(look))
}

func (c *Comparison) decide(n numbers.Numbers) (verdict.Facts, verdict.Decision) {
	facts := n.Facts()
	facts.Withhold = c.withhold(n)
	return facts, verdict.Decide(c.opts.Policy, facts)
}

// seen is what a look rests on, with the standard errors that later looks are expected to have: the base grows more
// slowly than the head where its trials are stored.
func (c *Comparison) seen(at int, n numbers.Numbers, d verdict.Decision) looks.Seen {
	s := looks.Seen{Decision: d, Test: n.Test}
	s.DF, s.SE = n.Precision()
	if n.Scope != verdict.SuiteScope {
		return s
	}
	all := c.course.Trials()
	for later := at + 1; later < len(all); later++ {
		s.Later = append(s.Later, stats.StoredSE(n.Suite.Base, n.Suite.Head, c.plan.Base(at), c.plan.Base(later), float64(all[at]), float64(all[later])))
	}
	return s
}

// holds keeps a trial of a later look for that look. It reports whether it did.
func (c *Comparison) holds(r trial.Result, paid bool) bool {
	if c.course == nil || r.Trial.Origin != trial.Fresh {
		return false
	}
	look := c.plan.LookOf(r.Trial.Slot)
	if look <= c.plan.Look() {
		return false
	}
	c.held[look] = append(c.held[look], held{r, paid})
	return true
}

// release takes the trials that were held and whose look has come.
func (c *Comparison) release() {
	all := c.held
	c.held = map[int][]held{}
	for _, look := range slices.Sorted(maps.Keys(all)) {
		for _, h := range all[look] {
			if err := c.take(h.Result, h.paid); err != nil && c.err == nil {
				c.err = err // those of later looks are held again
			}
		}
	}
}

// leftOver is what was spent on trials of looks that did not come: the prices or the policy were others when they were
// carried out. They are no part of the numbers.
func (c *Comparison) leftOver() (trials int, cost price.Cost) {
	cost = price.Nothing()
	for _, list := range c.held {
		for _, h := range list {
			trials++
			if !h.paid || c.opts.Replay {
				continue
			}
			for _, call := range h.Calls {
				cost = cost.Plus(c.bill.Call(h.Trial.Origin, call).Cost)
			}
		}
	}
	return trials, cost
}

// sequence says how the looks went, for the report; nil where there were none planned.
func (c *Comparison) sequence(n numbers.Numbers, d verdict.Decision) *report.Sequence {
	s := c.pastSequence(n)
	if s == nil && c.course != nil {
		s = c.ownSequence()
	}
	if s != nil {
		s.Settle = nil
		if d.Undecided() {
			s.Settle = n.Settle(s.Trials, s.Looks[len(s.Looks)-1])
		}
	}
	return s
}

func (c *Comparison) ownSequence() *report.Sequence {
	nan := report.Number(math.NaN())
	s := &report.Sequence{Looks: c.course.Trials(), NominalP: nan, Confidence: nan, Chance: nan, Stopped: content.StoppedInterrupted,
		Extensions: c.opts.Extensions, History: append([]report.SequenceLook{}, c.history...)}
	if l := c.last; l != nil {
		s.Trials, s.NominalP, s.Confidence, s.Chance = l.Trials, report.Number(l.Level), report.Number(1-l.Level), report.Number(l.Chance)
	}
	switch {
	case c.last != nil && c.last.Stopped != "":
		s.Stopped = c.last.Stopped
	case c.plan.Starved() > 0:
		s.Stopped = content.StoppedBudget
	}
	return s
}

// pastSequence is the sequence of a report that is priced again. With other prices the earlier looks would have been
// others, and nobody knows which: they are left out.
func (c *Comparison) pastSequence(n numbers.Numbers) *report.Sequence {
	if c.past == nil || len(c.past.Looks) == 0 {
		return nil
	}
	s := *c.past
	if i := len(s.History) - 1; i >= 0 {
		now := s.History[i]
		now.Ratio, now.Low, now.High, now.P = report.Number(n.Ratio), report.Number(n.Interval.Low), report.Number(n.Interval.High), report.Number(n.Test.P)
		if !alike(now, s.History[i]) {
			s.History, s.Chance = []report.SequenceLook{now}, report.Number(math.NaN())
		}
	}
	return &s
}

// alike reports whether two looks say the same. What is no number is like itself.
func alike(a, b report.SequenceLook) bool {
	same := func(x, y report.Number) bool { return x == y || math.IsNaN(float64(x)) && math.IsNaN(float64(y)) }
	return a.Trials == b.Trials && same(a.Ratio, b.Ratio) && same(a.Low, b.Low) && same(a.High, b.High) && same(a.P, b.P) && same(a.NominalP, b.NominalP)
}
