package compare_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

// storedTrial is a trial of gpt-5.4 as the provider of a lab serves it, but for how many tokens it answers with.
func storedTrial(task string, i int, output int64, at time.Time) ledger.BaseTrial {
	tokens := usage.None()
	tokens.Input, tokens.Output = usage.Known(1000), usage.Known(output)
	seconds := 1.0
	return ledger.BaseTrial{Task: task, Index: i, Completed: task != "d", Cause: map[bool]string{true: "grader-refused"}[task == "d"], Seconds: &seconds, Time: at, Commit: "c0ffee",
		Calls: []usage.Call{{ID: "1", Trial: fmt.Sprintf("base/%s/%d", task, i), State: usage.Ended, Upstream: "openai", Provider: "openai", RequestedModel: "gpt-5.4",
			ServedModel: "gpt-5.4", Status: 200, Coverage: usage.Complete, Tokens: tokens}}}
}

// storingLab is a lab with so many stored trials of each task, whose answers have about so many tokens.
func storingLab(t *testing.T, trials int, output int64) (*interruptedLab, *ledgertest.Memory) {
	t.Helper()
	l := newInterruptedLab(t)
	l.opts.Looks = []int{5, 8}
	l.opts.Now = time.Now
	store := &ledgertest.Memory{}
	l.opts.Store, l.opts.ReuseBase = store, ledger.DefaultMaxAge
	for _, task := range []string{"a", "b", "c", "d"} {
		for i := range trials {
			if err := store.AddBaseTrials(t.Context(), l.opts.BaseKey(), storedTrial(task, i, output+int64(i%7)*10, time.Now().Add(-time.Duration(i+1)*time.Hour))); err != nil {
				t.Fatal(err)
			}
		}
	}
	return l, store
}

func held(t *testing.T, l *interruptedLab) int {
	t.Helper()
	stored, err := l.opts.Store.BaseTrials(t.Context(), l.opts.BaseKey())
	if err != nil {
		t.Fatal(err)
	}
	return len(stored)
}

// Only the head and the sentinels are paid for; whoever goes on with the journal has the same stored trials.
func TestStoredTrialsAreUsedAgain(t *testing.T) {
	l, _ := storingLab(t, 12, 1000)
	l.bench.Concurrency = 1 // sums have the same digits when trials come in the same order
	r := l.run(t)
	if r.Verdict != verdict.Switch || l.provider.calls.Load() != 28 {
		t.Fatalf("%v because of %s after %d calls, want a switch after 20 of the head and 8 sentinels; notes %q", r.Verdict, codes(r), l.provider.calls.Load(), r.Notes)
	}
	s := r.Base.Stored
	if s == nil || s.Trials != 48 || s.Sentinels != 8 || s.Dropped != "" || !(s.DriftP > 0.1) || r.Base.Trials != 56 || r.Head.Trials != 20 || !cmp.Equal(s.Commits, []string{"c0ffee"}) {
		t.Errorf("%d trials of the base, %d of the head; stored %+v", r.Base.Trials, r.Head.Trials, s)
	}
	if age := time.Since(s.Oldest); age < 12*time.Hour || age > 13*time.Hour || !s.Newest.After(s.Oldest) {
		t.Errorf("from %v to %v", s.Oldest, s.Newest)
	}
	paid, _ := r.SpentUSD.Value()
	base, _ := r.Base.Cost.Amount.Value()
	if paid.Cmp(base) >= 0 {
		t.Errorf("spent %v, which has the stored trials in it: the base's cost %v", paid, base)
	}
	if got := held(t, l); got != 56 {
		t.Errorf("the store has %d trials now, want the 8 sentinels more", got)
	}
	again := l.run(t)
	if l.provider.calls.Load() != 28 || written(t, again) != written(t, r) || held(t, l) != 56 {
		t.Errorf("the rerun made %d calls more, and the store has %d trials:\n%s", l.provider.calls.Load()-28, held(t, l), cmp.Diff(written(t, r), written(t, again)))
	}
	e, err := l.file.Load()
	if err != nil {
		t.Fatal(err)
	}
	priced, err := compare.Reprice(r, e, l.opts)
	if err != nil || priced.Verdict != r.Verdict || priced.Base.Trials != 56 || priced.Base.Stored.Trials != 48 {
		t.Errorf("priced again: %v, %+v", err, priced)
	}
	if read, err := compare.AnalyzeJournal(e, l.opts); err != nil || read.Base.Trials != 56 || read.Base.Stored == nil {
		t.Errorf("read back: %v", err)
	}
}

// With some stored trials the base is measured for what is missing.
func TestSomeStoredTrials(t *testing.T) {
	l, _ := storingLab(t, 2, 1000)
	r := l.run(t)
	if r.Verdict != verdict.Switch || r.Base.Trials != 20 || l.provider.calls.Load() != 32 || held(t, l) != 20 {
		t.Errorf("%v with %d trials of the base after %d calls; the store has %d", r.Verdict, r.Base.Trials, l.provider.calls.Load(), held(t, l))
	}
}

// Where the sentinels speak against what is stored, it is dropped, and so are they: the base is measured anew.
func TestDriftDropsTheStore(t *testing.T) {
	l, _ := storingLab(t, 12, 3000)
	r := l.run(t)
	if r.Verdict != verdict.Switch || l.provider.calls.Load() != 48 || r.Base.Trials != 20 {
		t.Fatalf("%v because of %s with %d trials of the base after %d calls", r.Verdict, codes(r), r.Base.Trials, l.provider.calls.Load())
	}
	s := r.Base.Stored
	if s == nil || s.Trials != 48 || s.Sentinels != 8 || s.Dropped == "" || !(s.DriftP <= 0.1) || noteWith(r, "8 trials that watched over") == "" {
		t.Errorf("stored %+v, notes %q", s, r.Notes)
	}
	if got := held(t, l); got != 20 {
		t.Errorf("the store has %d trials, want those that the base was measured with", got)
	}
	if spent := l.journalled(t); r.SpentUSD.String() == r.Base.Cost.Plus(r.Head.Cost).Amount.String() || !spent.IsKnown() {
		t.Error("the sentinels cost nothing")
	}
	again := l.run(t)
	if l.provider.calls.Load() != 48 || again.Verdict != r.Verdict || again.Base.Trials != 20 || held(t, l) != 20 {
		t.Errorf("the rerun: %v with %d trials of the base after %d calls, and the store has %d", again.Verdict, again.Base.Trials, l.provider.calls.Load()-48, held(t, l))
	}
	e, err := l.file.Load()
	if err != nil {
		t.Fatal(err)
	}
	if priced, err := compare.Reprice(r, e, l.opts); err != nil || priced.Verdict != r.Verdict {
		t.Errorf("priced again: %v", err)
	}
}

// Stored trials that are not of use leave the comparison as it would be without them.
func TestStoredTrialsThatDoNotCount(t *testing.T) {
	for name, change := range map[string]func(*interruptedLab){
		"not wanted":             func(l *interruptedLab) { l.opts.ReuseBase = 0 },
		"too old":                func(l *interruptedLab) { l.opts.ReuseBase = time.Minute },
		"another model":          func(l *interruptedLab) { l.opts.Conditions = map[string]string{"endpoint of the base": "http://x"} },
		"of a clock that is off": func(l *interruptedLab) { l.opts.Now = func() time.Time { return time.Now().Add(-24 * time.Hour) } },
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := storingLab(t, 12, 1000)
			change(l)
			if r := l.run(t); r.Base.Stored != nil || l.provider.calls.Load() != 40 || r.Verdict != verdict.Switch {
				t.Errorf("%v after %d calls, stored %+v", r.Verdict, l.provider.calls.Load(), r.Base.Stored)
			}
		})
	}
}

// Another head has the same base.
func TestBaseKey(t *testing.T) {
	l := newLab(t, promptSuite)
	l.opts.Conditions = map[string]string{"endpoint of the base": "x", "endpoint of the head": "x"}
	key := l.opts.BaseKey()
	o := l.opts
	o.Pair.Head, o.Conditions = modelArmOf("claude-opus-5"), map[string]string{"endpoint of the base": "x", "endpoint of the head": "y", "small.endpoint of the head": "z"}
	if o.BaseKey() != key || o.EvidenceKey() == l.opts.EvidenceKey() {
		t.Error("another head has another base")
	}
	for name, other := range map[string]func(*compare.Options){
		"another base":     func(o *compare.Options) { o.Pair.Base = modelArmOf("gpt-5.5") },
		"another endpoint": func(o *compare.Options) { o.Conditions = map[string]string{"endpoint of the base": "y"} },
		"another agent":    func(o *compare.Options) { o.Harness = map[string]string{"codex": "9"} },
		"a cold cache":     func(o *compare.Options) { o.Cache = compare.CacheCold },
	} {
		o := l.opts
		if other(&o); o.BaseKey() == key {
			t.Errorf("%s has the same stored trials", name)
		}
	}
}

// brokenStore cannot be read.
type brokenStore struct{ ledgertest.Memory }

func (*brokenStore) BaseTrials(context.Context, string) ([]ledger.BaseTrial, error) {
	return nil, errors.New("the seal does not hold")
}

func (*brokenStore) AddBaseTrials(context.Context, string, ...ledger.BaseTrial) error {
	return errors.New("the disk is full")
}

func TestABrokenStoreIsSaid(t *testing.T) {
	l := newInterruptedLab(t)
	l.opts.Looks, l.opts.Store, l.opts.ReuseBase = []int{5}, &brokenStore{}, ledger.DefaultMaxAge
	r := l.run(t)
	if r.Verdict != verdict.Switch || l.provider.calls.Load() != 40 || noteWith(r, "measured afresh: the seal does not hold") == "" ||
		noteWith(r, "could not be stored for other comparisons: the disk is full") == "" {
		t.Errorf("%v after %d calls, notes %q", r.Verdict, l.provider.calls.Load(), r.Notes)
	}
}

// A verdict that is withheld fills no store, and neither does a usage that nobody saw.
func TestWithheldTrialsAreNotStored(t *testing.T) {
	l, _ := storingLab(t, 0, 0)
	l.provider.usage = func(model string) string {
		if model == "gpt-5.4-mini" {
			return "null"
		}
		return `{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000}`
	}
	if r := l.run(t); r.Verdict != verdict.Inconclusive || held(t, l) != 0 {
		t.Errorf("%v, and the store has %d trials", r.Verdict, held(t, l))
	}
}

// Against a long store two trials of the head are too few for a test.
func TestALookThatIsTooEarlyIsLeftOut(t *testing.T) {
	l, _ := storingLab(t, 12, 1000)
	l.opts.Looks = []int{2, 5, 8}
	r := l.run(t)
	if len(r.Sequence.History) != 1 || r.Sequence.Trials != 5 || r.Head.Trials != 20 {
		t.Errorf("looks at %+v", r.Sequence.History)
	}
}

// With the money spent before the sentinels are there, there is no verdict, whatever is stored.
func TestTheBudgetEndsBeforeTheSentinels(t *testing.T) {
	l, _ := storingLab(t, 12, 1000)
	l.opts.Budget = price.Known(price.MustMoney("0.04"))
	l.bench.Concurrency = 1
	r := l.run(t)
	if r.Verdict != verdict.Inconclusive || r.Sequence.Stopped != content.StoppedBudget || r.Base.Stored == nil || held(t, l) != 48 {
		t.Errorf("%v because of %s, %s; the store has %d", r.Verdict, codes(r), r.Sequence.Stopped, held(t, l))
	}
	l.opts.Budget = price.Amount{}
	if r := l.run(t); r.Verdict != verdict.Switch || r.Base.Trials != 56 {
		t.Errorf("with more money: %v, %d trials of the base", r.Verdict, r.Base.Trials)
	}
}
