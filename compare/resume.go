package compare

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pertask/pertask/compare/evidence"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/usage"
)

// resume continues what earlier processes have begun. It claims the journal for this evidence, ends what they have left
// running, and adds the trials that the journal has already. Void ones are no evidence, so they are carried
// out again: the key may be right now, or the provider up. What they and others that came to no end have cost counts
// as spent.
func (c *Comparison) resume(j trial.Journal) error {
	evidence, err := c.opts.claim(j)
	if err != nil {
		return err
	}
	c.sweep()
	lost := evidence.Stray
	for _, r := range evidence.Results {
		if r.Trial.Outcome == trial.Void {
			lost = append(lost, r.Calls...)
			continue
		}
		if err := c.Add(r); err != nil {
			return err
		}
	}
	c.interrupted(lost, evidence.Open)
	return nil
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

// claim takes a journal and returns what is in it. It refuses one with trials of another comparison, and says what
// differs as far as that is known.
func (o Options) claim(j trial.Journal) (trial.Evidence, error) {
	want := o.terms().Subject()
	var err error
	if c, ok := j.(journal.Claimant); ok {
		err = c.Claim(want) // before anything is read: no other process appends to it then
	}
	var other *journal.OtherError
	if err != nil && !errors.As(err, &other) {
		return trial.Evidence{}, fmt.Errorf("reading the journal: %w", err)
	}
	have, err := j.Load()
	if err != nil {
		return trial.Evidence{}, fmt.Errorf("reading the journal: %w", err)
	}
	for _, r := range have.Results {
		if other == nil && r.Trial.EvidenceKey != want.Key {
			other = &journal.OtherError{Path: o.Journal, Have: journal.Subject{Key: r.Trial.EvidenceKey}, Want: want}
		}
	}
	if other == nil {
		return have, nil
	}
	if len(other.Have.Facts) == 0 {
		other.Have, other.Want = evidence.Told(other.Have.Key, have, want)
	}
	return trial.Evidence{}, fmt.Errorf("reading the journal: %w; name another folder for the report, or remove the journal", other)
}

// namedCalls is how many interrupted calls are named.
const namedCalls = 5

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
	var names []string
	for _, call := range unseen[:min(len(unseen), namedCalls)] {
		names = append(names, fmt.Sprintf("`%s` of `%s`", call.ID, call.Trial))
	}
	if more := len(unseen) - namedCalls; more > 0 {
		names = append(names, fmt.Sprintf("and %d more, which the journal has", more))
	}
	cost := "what it cost is"
	if len(unseen) > 1 {
		cost = "what they cost is"
	}
	c.notes[fmt.Sprintf("%s of an interrupted process ended unseen (%s); %s not known, so what was spent is a lower bound.",
		count(len(unseen), "call"), strings.Join(names, ", "), cost)] = true
}
