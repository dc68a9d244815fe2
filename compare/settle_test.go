package compare_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/verdict"
)

// copied is a journal with what another one has.
func copied(t *testing.T, from trial.Journal) *journal.Memory {
	t.Helper()
	have, err := from.Load()
	if err != nil {
		t.Fatal(err)
	}
	to := journal.NewMemory()
	for _, r := range append(have.Replaced, have.Results...) {
		for _, c := range r.Calls {
			if err := to.AppendCall(c); err != nil {
				t.Fatal(err)
			}
		}
		if err := to.AppendTrial(r.Trial); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// What trials say does not depend on whether they were carried out here.
func TestSettleSaysWhatRunSays(t *testing.T) {
	for name, change := range map[string]func(*interruptedLab){
		"decided":        func(l *interruptedLab) {},
		"a budget":       func(l *interruptedLab) { l.opts.Budget = price.Known(price.MustMoney("0.05")) },
		"voids":          func(l *interruptedLab) { l.refusing(t, [2]int{1, 3}, [2]int{35, 40}) },
		"too many voids": func(l *interruptedLab) { l.opts.Looks = []int{3}; l.refusing(t, [2]int{1, 9}, [2]int{31, 48}) },
		"nothing served": func(l *interruptedLab) { l.refusing(t, [2]int{1, 100}) },
	} {
		t.Run(name, func(t *testing.T) {
			l := newInterruptedLab(t)
			l.bench.Concurrency = 1 // sums differ in their last digits by the order of the trials
			change(l)
			first := l.run(t)
			settled, err := compare.Settle(t.Context(), l.opts, compare.Bench{Journal: copied(t, l.file)})
			if err != nil {
				t.Fatal(err)
			}
			if settled.Verdict != first.Verdict || settled.Result != first.Result || codes(settled) != codes(first) || !settled.SpentUSD.Equal(first.SpentUSD) {
				t.Errorf("settled: %v, %v, %s, %v; run: %v, %v, %s, %v", settled.Result, settled.Verdict, codes(settled), settled.SpentUSD,
					first.Result, first.Verdict, codes(first), first.SpentUSD)
			}
			if first.Result != verdict.Measured {
				return
			}
			settled.Sandbox, settled.Notes = first.Sandbox, first.Notes
			if diff := cmp.Diff(written(t, first), written(t, settled)); diff != "" {
				t.Errorf("the report is another one (-run +settled):\n%s", diff)
			}
		})
	}
}

// A verdict that trials of elsewhere have led to is final here, too.
func TestSettledVerdictsAreFinal(t *testing.T) {
	l := newInterruptedLab(t)
	first := l.run(t)
	l.opts.Tests = &ledgertest.Memory{}
	trials := copied(t, l.file)
	if r, err := compare.Settle(t.Context(), l.opts, compare.Bench{Journal: trials}); err != nil || r.Verdict != first.Verdict {
		t.Fatalf("%v, %v", r, err)
	}
	again, err := compare.Settle(t.Context(), l.opts, compare.Bench{Journal: journal.NewMemory()})
	if err != nil || again.Verdict != first.Verdict || again.Sequence.Final == nil {
		t.Errorf("without trials: %v, %v; want the verdict of before", again, err)
	}
	l.opts.Extend = true
	if _, err := compare.Settle(t.Context(), l.opts, compare.Bench{Journal: trials}); !errors.Is(err, compare.ErrExtend) {
		t.Errorf("extending it: %v", err)
	}
}

// Where a sandbox is required, trials without one do not count.
func TestSettleNeedsASandbox(t *testing.T) {
	l := newInterruptedLab(t)
	l.run(t)
	l.opts.Suite.Tasks[0].Harness = "command"
	j := journal.NewMemory()
	have, err := l.file.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range have.Results {
		if err := j.AppendTrial(r.Trial); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := compare.Settle(t.Context(), l.opts, compare.Bench{Journal: j, NeedsSandbox: true}); !errors.Is(err, compare.ErrNotKept) {
		t.Errorf("%v, want that they did not run in one", err)
	}
}
