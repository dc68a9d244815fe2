package compare

import (
	"fmt"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/question"
	"github.com/pertask/pertask/compare/repricing"
	"github.com/pertask/pertask/compare/shortfall"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// Reprice prices the trials behind a report again and decides anew: the same tokens, other dollars. Nothing is run.
// The options say how it is priced (Pricing), and may replace the policy; the rest is the report's. The evidence is
// what the journal beside the report holds.
//
// With the report's own prices the result is the report, but for its time. The error says why a report cannot be
// priced again, such as one whose journal has none of its trials.
func Reprice(old *report.Report, evidence trial.Evidence, o Options) (*report.Report, error) {
	if old.Result != verdict.Measured {
		return nil, fmt.Errorf("pricing a report again: its result is %q; only a measured one has trials", old.Result)
	}
	o.Pair = arm.Pair{
		Base: arm.Arm{Settings: old.Base.Settings}, Head: arm.Arm{Settings: old.Head.Settings},
		Changes: old.Changes, NotApplied: old.NotApplied,
	}
	o.Suite = repricing.Suite(old)
	if o.Policy == (verdict.Policy{}) {
		o.Policy = question.PolicyOf(old)
	}
	o.Commits, o.Harness, o.Journal = old.Commits, old.Versions.Harnesses, old.TrialsFile
	o.Findings = repricing.Findings(old)
	o.Replay = repricing.Timeless(old)
	c := openComparison(o)
	c.open, c.past, c.trusting = false, old.Sequence, true
	for _, t := range o.Suite.Tasks {
		c.addTask(t)
	}
	c.gone = shortfall.Of(old)
	if err := c.takeEvidence(old, evidence); err != nil {
		return nil, fmt.Errorf("pricing a report again: %w", err)
	}
	c.spent = price.Cost{Amount: old.SpentUSD, Status: price.Exact} // as it was: nothing is measured again
	if old.SpentAtLeast {
		c.spent.Status = price.LowerBound
	}
	r, err := c.Report()
	if err != nil {
		return nil, fmt.Errorf("pricing a report again: %w", err)
	}
	r.EvidenceKey, r.Forecast = old.EvidenceKey, old.Forecast
	r.SpentUSD, r.SpentAtLeast = old.SpentUSD, old.SpentAtLeast
	r.Sandbox, r.Cache, r.Base.Stored = old.Sandbox, old.Cache, old.Base.Stored
	r.Notes = repricing.Notes(old, o.Pricing)
	return r, nil
}

// takeEvidence adds the trials of the report's comparison, as many of them as the report counts.
func (c *Comparison) takeEvidence(old *report.Report, e trial.Evidence) error {
	for _, r := range e.Replaced {
		if !repricing.About(old, r) {
			continue
		}
		if err := c.attempted(r); err != nil {
			return err
		}
	}
	var counted []trial.Result
	for _, r := range e.Results {
		if r.Trial.Warmup() || !repricing.About(old, r) {
			continue
		}
		if err := c.Add(r); err != nil {
			return err
		}
		counted = append(counted, r)
	}
	return repricing.Complete(old, counted)
}
