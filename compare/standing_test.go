package compare_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// testingLab is a lab whose tests are kept.
func testingLab(t *testing.T, looks ...int) (*interruptedLab, *ledgertest.Memory) {
	t.Helper()
	l := newInterruptedLab(t)
	tests := &ledgertest.Memory{}
	l.opts.Looks, l.opts.Tests, l.opts.Now = looks, tests, time.Now
	return l, tests
}

func kept(t *testing.T, l *interruptedLab) ledger.Test {
	t.Helper()
	test, _, err := l.opts.Tests.Test(t.Context(), l.opts.TestKey())
	if err != nil {
		t.Fatal(err)
	}
	return test
}

// newJournal gives the lab an empty journal, as when another machine begins.
func (l *interruptedLab) newJournal(t *testing.T) {
	t.Helper()
	l.file.Close()
	l.file, l.bench.Scratch = nil, t.TempDir()
}

func TestAVerdictIsFinal(t *testing.T) {
	l, _ := testingLab(t, 5, 8)
	first := l.run(t)
	calls := l.provider.calls.Load()
	if test := kept(t, l); !test.Finished || test.Verdict != verdict.Switch || len(test.Looks) != 1 || test.AlphaSpent == 0 {
		t.Fatalf("%v, kept %+v", first.Verdict, test)
	}
	l.newJournal(t)
	l.opts.Commits.Head, l.opts.Policy.Mode = "another", verdict.Block
	again := l.run(t)
	if l.provider.calls.Load() != calls || again.Verdict != first.Verdict || again.Ratio.Estimate != first.Ratio.Estimate {
		t.Errorf("%v after %d calls more", again.Verdict, l.provider.calls.Load()-calls)
	}
	if again.Sequence.Final == nil || again.SpentUSD.String() != "0" || again.Commits.Head != "another" || again.Policy.Mode != verdict.Block || noteWith(again, "it is final and nothing was measured again") == "" {
		t.Errorf("final %v, spent %v, commits %+v, notes %q", again.Sequence.Final, again.SpentUSD, again.Commits, again.Notes)
	}
	if first.Sequence.Final != nil {
		t.Error("the first report says that it is an earlier one's")
	}
}

// The same trials answer another question anew, and another question is another test.
func TestAnotherPolicyIsAnotherTest(t *testing.T) {
	l, _ := testingLab(t, 5, 8)
	l.run(t)
	calls, key := l.provider.calls.Load(), l.opts.TestKey()
	l.opts.Policy.MaxCostRatio = 0.01
	r := l.run(t)
	if r.Verdict != verdict.DontSwitch || l.provider.calls.Load() != calls || r.Sequence.Final != nil || l.opts.TestKey() == key {
		t.Errorf("%v after %d calls more", r.Verdict, l.provider.calls.Load()-calls)
	}
	o := l.opts
	for name, change := range map[string]func(){
		"a discount": func() {
			o.Pricing.Discounts = []price.Discount{{Provider: "openai", Multiplier: factor(t, "0.9")}}
		},
		"a reserve": func() { o.Policy.ExtensionReserve = 0.01 },
		"a scope":   func() { o.Policy.Scope = verdict.PopulationScope },
	} {
		o = l.opts
		if change(); o.TestKey() == l.opts.TestKey() {
			t.Errorf("%s makes no other test", name)
		}
	}
	o = l.opts
	if o.Policy.Mode, o.Policy.OnInconclusive, o.Policy.ValuePerTask = verdict.Block, verdict.Fail, 3; o.TestKey() != l.opts.TestKey() {
		t.Error("what follows from a verdict makes another test")
	}
}

func factor(t *testing.T, s string) price.Factor {
	t.Helper()
	f, err := price.ParseFactor(s)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Looks that were made without a verdict are kept, too: a test does not start over on another machine.
func TestATestDoesNotStartOver(t *testing.T) {
	l, tests := testingLab(t, 5, 8)
	p := 0.5
	if err := tests.SaveTest(t.Context(), ledger.Test{Key: l.opts.TestKey(), Looks: []ledger.Look{{Trials: 5, P: &p, Time: time.Now()}}, Time: time.Now()}); err != nil {
		t.Fatal(err)
	}
	r := l.run(t)
	if r.Result != verdict.NotMeasured || r.Reason.Code != "trials-missing" || l.provider.calls.Load() != 0 {
		t.Errorf("%s because of %s after %d calls", r.Result, codes(r), l.provider.calls.Load())
	}
}

// recorded puts the world's trials of so many rounds into the lab's journal.
func (w world) recorded(t *testing.T, l *interruptedLab, rounds int) {
	t.Helper()
	var records []any
	for _, task := range []string{"a", "b", "c", "d"} {
		for i := range rounds {
			for _, side := range []trial.Side{trial.Base, trial.Head} {
				r := w.result(l.lab, trial.Slot{Arm: side, Task: task, Index: i})
				for _, c := range r.Calls {
					records = append(records, c)
				}
				records = append(records, r.Trial)
			}
		}
	}
	l.record(t, records...)
}

func TestExtend(t *testing.T) {
	l, _ := testingLab(t, 5, 8)
	l.opts.Policy.ExtensionReserve = 0.005
	w := world{ratio: 0.78, spread: 0.6, salt: "extended 16"}
	w.recorded(t, l, 8)
	if r := l.run(t); r.Verdict != verdict.Inconclusive || r.Sequence.Stopped != content.StoppedCap {
		t.Fatalf("%v, %s; the test wants nothing decided", r.Verdict, r.Sequence.Stopped)
	}
	if r := l.run(t); r.Sequence.Final == nil {
		t.Error("an inconclusive verdict is not final")
	}
	l.opts.Extend = true
	w.recorded(t, l, 13)
	r := l.run(t)
	if r.Sequence.Extensions != 1 || r.Sequence.Trials != 13 || r.Sequence.Final != nil || l.provider.calls.Load() != 0 {
		t.Errorf("%d extensions and %d trials of each after %d calls, because of %s", r.Sequence.Extensions, r.Sequence.Trials, l.provider.calls.Load(), codes(r))
	}
	test := kept(t, l)
	if test.Extensions != 1 || len(test.Looks) != 3 || !test.Finished || test.AlphaSpent <= 0.045 || test.AlphaSpent > 0.05 {
		t.Errorf("kept %+v", test)
	}
	l.opts.Extend = false
	if r := l.run(t); r.Sequence.Final == nil || r.Sequence.Extensions != 1 {
		t.Errorf("a rerun: %+v", r.Sequence)
	}
}

func TestExtendIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		prepare func(*interruptedLab)
		want    string
	}{
		"nothing kept":      {func(l *interruptedLab) { l.opts.Tests = nil }, "no place is named"},
		"no test":           {func(*interruptedLab) {}, "no finished test"},
		"it was decided":    {func(l *interruptedLab) { clear.recorded(t, l, 8); l.run(t) }, "the verdict is switch"},
		"nothing to spend":  {func(l *interruptedLab) { hidden.recorded(t, l, 8); l.run(t) }, "extension_reserve"},
		"it cannot be read": {func(l *interruptedLab) { l.opts.Tests = brokenTests{} }, "the seal does not hold"},
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := testingLab(t, 5, 8)
			tt.prepare(l)
			l.opts.Extend = true
			l.process(t)
			_, err := compare.Run(t.Context(), l.opts, l.bench)
			if err == nil || !strings.Contains(err.Error(), tt.want) || l.provider.calls.Load() != 0 {
				t.Errorf("%v after %d calls, want %q", err, l.provider.calls.Load(), tt.want)
			}
		})
	}
}

// brokenTests cannot be read or written.
type brokenTests struct{}

func (brokenTests) Test(context.Context, string) (ledger.Test, bool, error) {
	return ledger.Test{}, false, errors.New("the seal does not hold")
}

func (brokenTests) SaveTest(context.Context, ledger.Test) error {
	return errors.New("the disk is full")
}

func TestBrokenTestsAreSaid(t *testing.T) {
	l, _ := testingLab(t, 5, 8)
	l.opts.Tests = brokenTests{}
	r := l.run(t)
	if r.Verdict != verdict.Switch || noteWith(r, "began anew: the seal does not hold") == "" || noteWith(r, "a rerun may decide anew: the disk is full") == "" {
		t.Errorf("%v, notes %q", r.Verdict, r.Notes)
	}
}

// Where somebody takes errors, what a store says is for them alone.
func TestBrokenTestsAreToldElsewhere(t *testing.T) {
	l, _ := testingLab(t, 5, 8)
	l.opts.Tests = brokenTests{}
	var told []string
	l.opts.Trouble = func(_ string, err error) { told = append(told, err.Error()) }
	r := l.run(t)
	if all := strings.Join(r.Notes, "\n"); r.Verdict != verdict.Switch || strings.Contains(all, "seal") || strings.Contains(all, "disk") ||
		noteWith(r, "began anew.") == "" || noteWith(r, "a rerun may decide anew.") == "" {
		t.Errorf("%v, notes %q", r.Verdict, r.Notes)
	}
	if all := strings.Join(told, "\n"); !strings.Contains(all, "seal") || !strings.Contains(all, "disk") {
		t.Errorf("told is %q", told)
	}
	l.opts.Extend = true
	if _, err := compare.Run(t.Context(), l.opts, l.bench); !errors.Is(err, compare.ErrExtend) || strings.Contains(err.Error(), "seal") {
		t.Errorf("extending it: %v", err)
	}
}

// late finds no test when a run begins: another run is at it.
type late struct {
	*ledgertest.Memory
	asked int
}

func (l *late) Test(ctx context.Context, key string) (ledger.Test, bool, error) {
	if l.asked++; l.asked == 1 {
		return ledger.Test{}, false, nil
	}
	return l.Memory.Test(ctx, key)
}

func TestTheFirstVerdictCounts(t *testing.T) {
	for _, finished := range []bool{true, false} {
		l, tests := testingLab(t, 5, 8)
		p := 0.5
		other := ledger.Test{Key: l.opts.TestKey(), Looks: []ledger.Look{{Trials: 5, P: &p, Time: time.Now()}}, Finished: finished, Time: time.Now()}
		if finished {
			other.Verdict, other.Reason = verdict.DontSwitch, "dearer"
		}
		if err := tests.SaveTest(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		l.opts.Tests = &late{Memory: tests}
		r := l.run(t)
		want, code := verdict.Inconclusive, "test-has-gone-on"
		if finished {
			want, code = verdict.DontSwitch, "dearer"
		}
		if r.Verdict != want || r.Reason.Code != code || r.SpentUSD.String() == "0" {
			t.Errorf("finished %t: %v because of %s, spent %v", finished, r.Verdict, codes(r), r.SpentUSD)
		}
	}
}

// What is withheld can be mended, so it is not final.
func TestWhatIsWithheldIsNotFinal(t *testing.T) {
	l, _ := testingLab(t, 5, 8)
	w := world{ratio: 0.5, spread: 0.2, model: "gpt-99"}
	w.recorded(t, l, 5)
	r := l.run(t)
	if r.Sequence.Stopped != content.StoppedWithheld || len(kept(t, l).Looks) != 0 {
		t.Errorf("%s, kept %+v", r.Sequence.Stopped, kept(t, l))
	}
	if again := l.run(t); again.Sequence.Final != nil || again.Verdict != r.Verdict {
		t.Errorf("the rerun: %v, final %v", again.Verdict, again.Sequence.Final)
	}
}

// A cap that is lowered after a look would be tested at the level of a last look: the looks stay what they were when the
// test began.
func TestTheLooksOfATestStay(t *testing.T) {
	for _, salt := range []string{"b", "h"} { // undecided at 8 trials of 20, and decided had those been all
		l, _ := testingLab(t, 5, 8, 13, 20)
		world{ratio: 0.72, spread: 0.5, salt: salt}.recorded(t, l, 8)
		l.opts.Budget = price.Known(price.Money{})
		if r := l.run(t); r.Reason.Code != "budget-spent" || len(kept(t, l).Looks) != 2 {
			t.Fatalf("%v because of %s", r.Verdict, codes(r))
		}
		for _, looks := range [][]int{{5, 8}, {8}, {5, 8, 13, 20, 32}} {
			l.opts.Looks = looks
			if r := l.run(t); r.Verdict != verdict.Inconclusive || r.Reason.Code != "budget-spent" || kept(t, l).Finished {
				t.Errorf("looks after %v: %v because of %s", looks, r.Verdict, codes(r))
			}
		}
	}
}

// A look whose void trials would be carried out again, if there were money, is none: to look before and after that is to
// look twice. Those of salt r8 and r10 would be a switch, at the level of the look before.
func TestVoidTrialsThatAreLeftAreNoLook(t *testing.T) {
	for _, salt := range []string{"r3", "r8", "r10"} {
		l, _ := testingLab(t, 5, 8, 13, 20)
		w := world{ratio: 0.68, spread: 0.5, salt: salt}
		w.recorded(t, l, 7)
		var records []any
		for _, task := range []string{"a", "b", "c", "d"} {
			for _, side := range []trial.Side{trial.Base, trial.Head} {
				r := w.result(l.lab, trial.Slot{Arm: side, Task: task, Index: 7})
				if task == "a" && side == trial.Base {
					r.Trial.Outcome, r.Trial.Cause, r.Calls = trial.Void, trial.CauseProvider, nil
				}
				for _, c := range r.Calls {
					records = append(records, c)
				}
				records = append(records, r.Trial)
			}
		}
		l.record(t, records...)
		l.opts.Budget = price.Known(price.Money{})
		if r := l.run(t); r.Verdict != verdict.Inconclusive || r.Reason.Code != "run-ended" || len(r.Sequence.History) != 1 {
			t.Errorf("%s: %v because of %s after %d looks", salt, r.Verdict, codes(r), len(r.Sequence.History))
		}
	}
}
