// Package repricing knows what of a report stays when its trials are priced again: its suite, its findings about the
// pull request, which trials of a journal it is about, and what is said of it.
//
// It refuses to know prices, and how a verdict is reached.
package repricing

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pertask/pertask/compare/hints"
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
	// of package compare
	"no-calls", "model-not-requested", "another-model-served", "side-calls", "figures-disagree",
	"tier-not-requested", "versions-differ", shortfall.CodeGone, shortfall.CodeBudget,
	hints.CodeCache, hints.CodePremium, hints.CodeMixed, hints.CodePromotion, hints.CodeNew, hints.CodePayback,
}

// Findings are those of a report that are about its pull request. The report's own list stays as it is.
func Findings(old *report.Report) []verdict.Finding {
	return slices.DeleteFunc(slices.Clone(old.Findings), func(f verdict.Finding) bool { return slices.Contains(decided, f.Code) })
}

// Suite is as much of the suite as a report holds: its tasks in their order.
func Suite(old *report.Report) *suite.Suite {
	s := &suite.Suite{Name: old.Suite, Digest: old.SuiteDigest}
	for _, t := range old.Tasks {
		s.Tasks = append(s.Tasks, suite.Task{ID: t.ID, Labels: t.Labels})
	}
	return s
}

// About reports whether a report counts a trial of its journal, other than a warm-up. It leaves out those of another
// comparison, those of a later look than the one that decided, and stored ones that were dropped, with their sentinels.
func About(old *report.Report, r trial.Result) bool {
	if r.Trial.EvidenceKey != old.EvidenceKey {
		return false
	}
	if r.Trial.Origin == trial.Stored || stock.Sentinel(r) {
		return old.Base.Stored != nil && old.Base.Stored.Dropped == ""
	}
	s := old.Sequence
	if s == nil || s.Stopped == content.StoppedBudget || s.Stopped == content.StoppedInterrupted {
		return true
	}
	return r.Trial.Index < s.Trials
}

// Complete returns an error when the trials are not as many as the report counts: a journal that has gone on since, or
// lost some, is not what the report is about.
func Complete(old *report.Report, trials []trial.Result) error {
	got := map[string]int{}
	for _, r := range trials {
		got[string(r.Trial.Arm)+"/"+r.Trial.Task]++
	}
	for _, t := range old.Tasks {
		for _, s := range []struct {
			side trial.Side
			task report.TaskSide
		}{{trial.Base, t.Base}, {trial.Head, t.Head}} {
			of := string(s.side) + "/" + t.ID
			if want := s.task.Trials + s.task.Voids; got[of] != want {
				return fmt.Errorf("the report counts %d trials of %s, the journal has %d; give the journal that was written with the report", want, of, got[of])
			}
		}
	}
	return nil
}

// pricedAgain begins the note of a report that was priced again.
const pricedAgain = "Priced again, nothing was rerun: "

// Notes are a report's notes with one that says what was done, in place of an earlier one.
func Notes(old *report.Report, p price.Pricing) []string {
	notes := slices.DeleteFunc(slices.Clone(old.Notes), func(n string) bool { return strings.HasPrefix(n, pricedAgain) })
	return append(notes, note(old, p))
}

func note(old *report.Report, p price.Pricing) string {
	before := fmt.Sprintf("the book of %s at the prices of %s", old.PriceBook.AsOf, old.PriceBook.At.UTC().Format("2006-01-02 15:04 UTC"))
	text := fmt.Sprintf(pricedAgain+"the book of %s at the prices of %s. The report was made with %s; its verdict was %s.",
		p.Book.AsOf(), p.At.UTC().Format("2006-01-02 15:04 UTC"), before, old.Verdict)
	if p.Book.Digest() != old.PriceBook.Digest {
		text += " The two books differ."
	}
	return text
}

// Timeless reports whether a report has no times, as one of recorded trials does. An arm without evidence has none either, but then
// its tasks may.
func Timeless(r *report.Report) bool {
	times := []report.Number{r.Base.SecondsPerTrial, r.Head.SecondsPerTrial}
	for _, t := range r.Tasks {
		times = append(times, t.Base.Seconds, t.Head.Seconds)
	}
	return !slices.ContainsFunc(times, func(n report.Number) bool { return !math.IsNaN(float64(n)) })
}
