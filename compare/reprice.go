package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/hints"
	"github.com/pertask/pertask/compare/question"
	"github.com/pertask/pertask/compare/shortfall"
	"github.com/pertask/pertask/compare/stock"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// decided are the codes of findings that follow from trials, prices and the policy. A report that is priced again gets
// these anew; every other finding is about the pull request and stays.
var decided = []string{
	// of package verdict
	"bad-policy", "unknown-cost", "too-many-voids", "nothing-measured", "nothing-completed", "no-statement",
	"too-few-trials", "too-few-tasks", "cannot-conclude", "few-passes", "one-task-dominates", "one-task-decides",
	"cost-lower-bound", "cost-may-be-higher", "completion-unknown", "completion-unclear", "completes-fewer",
	// of this package
	"no-calls", "model-not-requested", "another-model-served", "side-calls", "figures-disagree",
	"tier-not-requested", "versions-differ", shortfall.CodeGone, shortfall.CodeBudget,
	hints.CodeCache, hints.CodePremium, hints.CodeMixed, hints.CodePromotion, hints.CodeNew, hints.CodePayback,
}

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
	o.Suite = repricedSuite(old)
	if o.Policy == (verdict.Policy{}) {
		o.Policy = question.PolicyOf(old)
	}
	o.Commits, o.Harness, o.Journal = old.Commits, old.Versions.Harnesses, old.TrialsFile
	o.Findings = slices.DeleteFunc(slices.Clone(old.Findings), func(f verdict.Finding) bool { return slices.Contains(decided, f.Code) })
	o.Replay = math.IsNaN(float64(old.Base.SecondsPerTrial)) && math.IsNaN(float64(old.Head.SecondsPerTrial))
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
	r.Notes = slices.DeleteFunc(slices.Clone(old.Notes), func(n string) bool { return strings.HasPrefix(n, pricedAgain) })
	r.Notes = append(r.Notes, repricedNote(old, o.Pricing))
	return r, nil
}

// repricedSuite is as much of the suite as a report holds: its tasks in their order.
func repricedSuite(old *report.Report) *suite.Suite {
	s := &suite.Suite{Name: old.Suite, Digest: old.SuiteDigest}
	for _, t := range old.Tasks {
		s.Tasks = append(s.Tasks, suite.Task{ID: t.ID, Labels: t.Labels})
	}
	return s
}

// takeEvidence adds the trials of the report's comparison, as many of them as the report counts: a journal that has
// gone on since, or lost some, is not what the report is about.
func (c *Comparison) takeEvidence(old *report.Report, e trial.Evidence) error {
	counts := func(s report.TaskSide) int { return s.Trials + s.Voids }
	want := map[string]int{}
	for _, t := range old.Tasks {
		want[string(trial.Base)+"/"+t.ID], want[string(trial.Head)+"/"+t.ID] = counts(t.Base), counts(t.Head)
	}
	got := map[string]int{}
	for _, r := range e.Replaced {
		if r.Trial.EvidenceKey != old.EvidenceKey || leftOut(old, r) {
			continue
		}
		if err := c.attempted(r); err != nil {
			return err
		}
	}
	for _, r := range e.Results {
		if r.Trial.EvidenceKey != old.EvidenceKey || r.Trial.Warmup() || leftOut(old, r) {
			continue
		}
		if err := c.Add(r); err != nil {
			return err
		}
		got[string(r.Trial.Arm)+"/"+r.Trial.Task]++
	}
	for of, n := range want {
		if got[of] != n {
			return fmt.Errorf("the report counts %d trials of %s, the journal has %d; give the journal that was written with the report", n, of, got[of])
		}
	}
	return nil
}

// leftOut reports whether a report leaves a trial of its journal out: one of a later look than the one that decided, or a
// stored one that was dropped, with its sentinels.
func leftOut(old *report.Report, r trial.Result) bool {
	if r.Trial.Origin == trial.Stored || stock.Sentinel(r) {
		return old.Base.Stored == nil || old.Base.Stored.Dropped != ""
	}
	s := old.Sequence
	if s == nil || s.Stopped == content.StoppedBudget || s.Stopped == content.StoppedInterrupted {
		return false
	}
	return r.Trial.Index >= s.Trials
}

// pricedAgain begins the note of a report that was priced again.
const pricedAgain = "Priced again, nothing was rerun: "

// repricedNote says what was done.
func repricedNote(old *report.Report, p price.Pricing) string {
	before := fmt.Sprintf("the book of %s at the prices of %s", old.PriceBook.AsOf, old.PriceBook.At.UTC().Format("2006-01-02 15:04 UTC"))
	text := fmt.Sprintf(pricedAgain+"the book of %s at the prices of %s. The report was made with %s; its verdict was %s.",
		p.Book.AsOf(), p.At.UTC().Format("2006-01-02 15:04 UTC"), before, old.Verdict)
	if p.Book.Digest() != old.PriceBook.Digest {
		text += " The two books differ."
	}
	return text
}
