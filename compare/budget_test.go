package compare_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// A run whose money comes to its end has no verdict, whatever the trials so far say, and tells how many were not run.
func TestReportSaysWhatWasNotRun(t *testing.T) {
	for _, budget := range []string{"0.05", "0.30"} { // most of the trials are missing, or the last ones
		t.Run(budget, func(t *testing.T) {
			l := newInterruptedLab(t)
			l.opts.Budget = price.Known(price.MustMoney(budget))
			l.bench.Concurrency = 1
			r := l.run(t)
			ran := int(l.provider.calls.Load())
			want := fmt.Sprintf("The budget was spent: of 32 trials %d were not run. A rerun with a higher `run.budget` goes on from here.", 32-ran)
			if r.Verdict != verdict.Inconclusive || r.Reason.Code != "budget-spent" || r.Reason.Text != want || ran == 0 || ran >= 31 {
				t.Errorf("verdict %v because of %q, want %q", r.Verdict, r.Reason.Text, want)
			}
			again := l.run(t)
			if again.Reason != r.Reason || int(l.provider.calls.Load()) != ran {
				t.Errorf("rerun: %q after %d calls, want %q after %d", again.Reason.Text, l.provider.calls.Load(), r.Reason.Text, ran)
			}
			evidence, err := l.file.Load()
			if err != nil {
				t.Fatal(err)
			}
			if priced, err := compare.Reprice(again, evidence, l.opts); err != nil || priced.Reason != again.Reason {
				t.Errorf("priced again: %v, %q", err, priced.Reason.Text)
			}
			l.opts.Budget = price.Known(price.MustMoney("9"))
			if more := l.run(t); more.Verdict != verdict.Switch || strings.Contains(codes(more), "budget") {
				t.Errorf("with a higher budget: %v because of %s", more.Verdict, codes(more))
			}
		})
	}
}

// A trial that ran into the end of the budget is told apart from those that were never started.
func TestReportSaysWhatWasStopped(t *testing.T) {
	l := newInterruptedLab(t)
	c, err := compare.New(l.opts)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range c.Next() {
		r := trial.Result{Trial: trial.Trial{ID: s.ID(), Slot: s, Origin: trial.Fresh, Outcome: trial.Completed}}
		r.Calls = append(r.Calls, paid(fmt.Sprint(i), s.ID()))
		switch {
		case i == 30:
			r.Trial.Outcome, r.Trial.Cause = trial.Void, trial.CauseBudget
		case i == 31:
			r.Trial.Outcome, r.Trial.Cause, r.Calls = trial.Void, trial.CauseBudget, nil
		}
		if err := c.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	r, err := c.Report()
	if err != nil {
		t.Fatal(err)
	}
	if want := "The budget was spent: of 32 trials 1 was not run, and 1 was stopped on the way."; !strings.HasPrefix(noteOf(r, "budget-spent"), want) {
		t.Errorf("%q because of %s, want %q", r.Reason.Text, codes(r), want)
	}
}

func noteOf(r *report.Report, code string) string {
	for _, f := range append(r.Findings, r.Reason) {
		if f.Code == code {
			return f.Text
		}
	}
	return ""
}
