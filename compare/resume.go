package compare

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pertask/pertask/compare/evidence"
	"github.com/pertask/pertask/compare/numbers"
	"github.com/pertask/pertask/compare/shortfall"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

// resume continues what earlier processes have begun. It claims the journal for this evidence, ends what they have left
// running, and adds what the journal has already.
func (c *Comparison) resume(b Bench) error {
	have, err := claim(c.opts, b.Journal)
	if err != nil {
		return err
	}
	if err := c.goOn(have); err != nil {
		return err
	}
	if err := c.inside(b); err != nil {
		return err
	}
	c.sweep()
	return nil
}

// inside refuses trials that ran without a sandbox where there has to be one.
func (c *Comparison) inside(b Bench) error {
	if n := c.confined.Outside(); n > 0 && b.NeedsSandbox {
		return fmt.Errorf("%w: %s of the journal ran without one; name another folder for the report, or remove the journal, and every trial is carried out again, "+
			"or allow `run.sandbox: auto` on the base branch", ErrNotKept, count(n, "trial"))
	}
	return nil
}

// ErrNotKept is wrapped by an error of Run: a sandbox is required, and trials that an earlier process has carried out
// had none. Nothing was spent.
var ErrNotKept = errors.New("`run.sandbox` is required")

// goOn takes what earlier processes have done, so that this one goes on as they would have: trials that count are
// there, and void ones have had their attempts. Those that were given up for want of time or money were none. What
// attempts and calls have cost that came to nothing is spent.
//
// So a verdict that the trials have led to stays what it is. Where they can lead to none, since an arm has no trial or
// too many are void, the attempts begin anew: the key may be right now, or the provider up.
func (c *Comparison) goOn(have trial.Evidence) error {
	for _, r := range have.Results {
		if r.Trial.Origin == trial.Stored { // before the others: which of those are wanted depends on them
			if err := c.Add(r); err != nil {
				return err
			}
		}
	}
	lost := have.Stray // with the calls of those that were replaced
	for _, r := range have.Replaced {
		if err := c.attempted(r); err != nil {
			return err
		}
	}
	for _, r := range have.Results {
		switch {
		case r.Trial.Origin == trial.Stored:
			continue
		case !isVoid(r.Trial):
			if err := c.Add(r); err != nil {
				return err
			}
			continue
		}
		lost = append(lost, r.Calls...)
		if err := c.attempted(r); err != nil {
			return err
		}
	}
	c.interrupted(lost, have.Open)
	c.plan.Anew(c.plan.Empty()...)
	if len(c.Next()) > 0 {
		return nil
	}
	undecided, err := c.undecided()
	if undecided {
		c.reopen()
		c.plan.Anew(trial.Base, trial.Head)
	}
	return err
}

func isVoid(t trial.Trial) bool { return t.Outcome != trial.Completed && t.Outcome != trial.Failed }

// attempted takes an attempt of an earlier process that came to nothing, and is paid for elsewhere.
func (c *Comparison) attempted(r trial.Result) error {
	switch {
	case !isVoid(r.Trial), r.Trial.Warmup(): // a copy of a trial that counts later on; a warm-up is for its own process
		return nil
	case c.givenUp(r):
		c.conduct.Take(r) // what its calls tell of the arm, they tell all the same
		return nil
	}
	return c.take(r, false)
}

// givenUp reports whether a void trial was ended for want of time or money, so that its slot is as good as never filled.
// One that was ended since nobody can tell what it cost stays void: another one would end in the same way.
func (c *Comparison) givenUp(r trial.Result) bool {
	if r.Trial.Cause != trial.CauseBudget {
		return r.Trial.Cause == trial.CauseCanceled
	}
	return c.bill.Sum(r.Calls).Amount.IsKnown()
}

// undecided reports whether the trials so far can lead to no verdict because of those that are void.
func (c *Comparison) undecided() (bool, error) {
	n, err := numbers.Count(c.tasks, c.opts.LeaveOutUnknown, c.opts.Policy, numbers.Alpha)
	if err != nil {
		return false, err
	}
	d := verdict.Decide(c.opts.Policy, n.Facts())
	return slices.ContainsFunc(append(d.Findings, d.Reason), func(f verdict.Finding) bool {
		return f.Code == "too-many-voids" || f.Code == "nothing-measured"
	}), nil
}

// sweep ends what earlier processes that worked on this evidence and were killed have left running.
func (c *Comparison) sweep() {
	killed, left := process.SweepRun(c.opts.EvidenceKey())
	if killed > 0 {
		c.notes[count(killed, "process")+" of an interrupted run of this check were still there and were ended."] = true
	}
	if left > 0 {
		c.notes[count(left, "process")+" of an interrupted run of this check could not be ended."] = true
	}
}

// claim takes a journal for this comparison and returns what is in it.
func claim(o Options, j trial.Journal) (trial.Evidence, error) {
	return evidence.Claim(j, o.Journal, o.Terms().Subject())
}

// interrupted counts as spent what calls cost whose trials an earlier process did not bring to an end: they are no
// evidence, but they were paid for. What a call cost of which nobody saw the usage is not known, so what was spent
// becomes a lower bound, and the report names the call. It does not make the sum unknown: a budget cannot be kept with
// an unknown sum, so a check that was interrupted once could never go on.
func (c *Comparison) interrupted(calls, open []usage.Call) {
	if c.opts.Replay {
		return
	}
	unseen := append([]usage.Call(nil), open...)
	for _, call := range calls {
		switch {
		case call.State != usage.Ended: // one of the open calls
		case call.Coverage == usage.Missing && call.ReportedUSD == "":
			unseen = append(unseen, call)
		default:
			c.spent = c.spent.Plus(c.opts.Pricing.Call(call).Cost)
		}
	}
	if len(unseen) == 0 {
		return
	}
	nothing := price.Nothing()
	nothing.Status = price.LowerBound
	c.spent = c.spent.Plus(nothing)
	c.notes[shortfall.Unseen(unseen)] = true
}
