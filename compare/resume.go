package compare

import (
	"fmt"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// resume adds the trials of this evidence that the journal has already. Void ones are no evidence, so they are carried
// out again: the key may be right now, or the provider up. What they and others that came to no end have cost counts
// as spent.
func (c *Comparison) resume(j trial.Journal) error {
	evidence, err := j.Load()
	if err != nil {
		return fmt.Errorf("reading the journal: %w", err)
	}
	key := c.opts.EvidenceKey()
	lost := evidence.Stray
	for _, r := range evidence.Results {
		if r.Trial.EvidenceKey != key {
			return fmt.Errorf("reading the journal: it holds trials of another comparison (%.20s); name another folder for the report, or remove it", r.Trial.EvidenceKey)
		}
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

// interrupted counts as spent what calls cost whose trials an earlier process did not bring to an end: they are no
// evidence, but they were paid for. What a call cost of which nobody saw the usage is not known, and the report says
// so. It does not make the sum unknown: a budget cannot be kept with an unknown sum, so a check that was interrupted
// once could never go on.
func (c *Comparison) interrupted(calls, open []usage.Call) {
	if c.opts.Replay {
		return
	}
	unseen := len(open)
	for _, call := range calls {
		switch {
		case call.State != usage.Ended: // one of the open calls
		case call.Coverage == usage.Missing && call.ReportedUSD == "":
			unseen++
		default:
			c.spent = c.spent.Plus(c.opts.Pricing.Call(call).Cost)
		}
	}
	switch {
	case unseen == 1:
		c.notes["1 call of an interrupted process ended unseen; what it cost is not known."] = true
	case unseen > 1:
		c.notes[fmt.Sprintf("%d calls of an interrupted process ended unseen; what they cost is not known.", unseen)] = true
	}
}
