package compare_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/usage"
)

// interruptedLab is a lab whose journal outlives its processes.
type interruptedLab struct {
	*lab
	file *journal.File
}

func newInterruptedLab(t *testing.T) *interruptedLab {
	t.Helper()
	return &interruptedLab{lab: newLab(t, promptSuite)}
}

// paid is an ended call with a cost.
func paid(id, of string) usage.Call {
	tokens := usage.None()
	tokens.Input, tokens.Output = usage.Known(1000), usage.Known(1000)
	return usage.Call{ID: id, Trial: of, State: usage.Ended, Upstream: "openai", Provider: "openai", RequestedModel: "gpt-5.4",
		Status: 200, Coverage: usage.Complete, Tokens: tokens}
}

// open is a call that never ended.
func open(id, of string) usage.Call {
	c := paid(id, of)
	c.State, c.Coverage, c.Tokens = usage.Admitted, usage.Missing, usage.Tokens{}
	return c
}

// unseen is a call that ended without usage.
func unseen(id, of string) usage.Call {
	c := open(id, of)
	c.State = usage.Ended
	return c
}

// process opens the lab's journal the way in which every process does: the one before it has ended.
func (l *interruptedLab) process(t *testing.T) {
	t.Helper()
	if l.file != nil {
		l.file.Close()
	}
	var err error
	if l.file, err = journal.Open(filepath.Join(l.bench.Scratch, "trials.jsonl")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.file.Close() })
	l.bench.Journal = l.file
}

// record lets a process put calls and trials into the lab's journal and end.
func (l *interruptedLab) record(t *testing.T, records ...any) {
	t.Helper()
	l.process(t)
	for _, r := range records {
		var err error
		switch r := r.(type) {
		case usage.Call:
			err = l.file.AppendCall(r)
		case trial.Trial:
			err = l.file.AppendTrial(r)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// canceled is a trial that a process gave up.
func (l *interruptedLab) canceled(task string) trial.Trial {
	return trial.Trial{Slot: trial.Slot{Arm: trial.Base, Task: task}, EvidenceKey: l.opts.EvidenceKey(), Origin: trial.Fresh,
		Outcome: trial.Void, Cause: trial.CauseCanceled}
}

func (l *interruptedLab) run(t *testing.T) *report.Report {
	t.Helper()
	l.process(t)
	r, err := compare.Run(context.Background(), l.opts, l.bench)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// journalled is what every call of the journal cost as far as it is known, whether its trial counts or not.
func (l *interruptedLab) journalled(t *testing.T) price.Amount {
	t.Helper()
	evidence, err := l.file.Load()
	if err != nil {
		t.Fatal(err)
	}
	calls := evidence.Stray
	for _, r := range evidence.Results {
		calls = append(calls, r.Calls...)
	}
	sum := price.Nothing()
	for _, c := range calls {
		if cost := l.opts.Pricing.Call(c).Cost; cost.Amount.IsKnown() {
			sum = sum.Plus(cost)
		}
	}
	return sum.Amount
}

func notesOf(r *report.Report) []string {
	return slices.DeleteFunc(slices.Clone(r.Notes), func(n string) bool { return !strings.Contains(n, "interrupted") })
}

// What interrupted trials cost is spent, once, although they are no evidence.
func TestResumeCountsInterruptedTrials(t *testing.T) {
	one := func(call string) []string {
		return []string{"1 call of an interrupted process ended unseen (" + call + "); what it cost is not known, so what was spent is a lower bound."}
	}
	const two = "2 calls of an interrupted process ended unseen (`4` of `head/c/0`, `2` of `base/a/0`); what they cost is not known, so what was spent is a lower bound."
	tests := []struct {
		name    string
		records func(*interruptedLab) []any
		paid    int64 // calls that came to nothing
		notes   []string
	}{
		{"nothing", func(*interruptedLab) []any { return nil }, 0, nil},
		{"killed before the trial was recorded", func(*interruptedLab) []any { return []any{paid("1", "head/b/0"), paid("2", "base/a/0")} }, 2, nil},
		{"canceled", func(l *interruptedLab) []any { return []any{paid("1", "base/a/0"), l.canceled("a")} }, 1, nil},
		{"canceled twice", func(l *interruptedLab) []any {
			return []any{paid("1", "base/a/0"), l.canceled("a"), paid("2", "base/a/0"), l.canceled("a")}
		}, 2, nil},
		{"killed during a call", func(*interruptedLab) []any { return []any{paid("1", "base/a/0"), open("2", "base/a/0")} }, 1, one("`2` of `base/a/0`")},
		{"canceled during a call", func(l *interruptedLab) []any { return []any{unseen("1", "base/a/0"), l.canceled("a")} }, 0, one("`1` of `base/a/0`")},
		{"canceled with a call that never ended", func(l *interruptedLab) []any { return []any{open("1", "base/a/0"), l.canceled("a")} }, 0, one("`1` of `base/a/0`")},
		{"one of each", func(l *interruptedLab) []any {
			return []any{paid("1", "base/a/0"), unseen("2", "base/a/0"), l.canceled("a"), paid("3", "head/b/0"), open("4", "head/c/0")}
		}, 2, []string{two}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newInterruptedLab(t)
			l.opts.Budget = price.Known(price.MustMoney("100"))
			l.record(t, tt.records(l)...)
			r := l.run(t)
			lost, _ := l.opts.Pricing.Call(paid("", "")).Cost.Amount.Value()
			want := r.Base.Cost.Plus(r.Head.Cost).Plus(price.Cost{Amount: price.Known(lost.Times(tt.paid))}).Amount
			if !want.IsKnown() || r.SpentUSD.String() != want.String() || r.SpentUSD.String() != l.journalled(t).String() {
				t.Errorf("spent %v, want %v; the journal's calls cost %v", r.SpentUSD, want, l.journalled(t))
			}
			if r.Base.Trials != 16 || r.Head.Trials != 16 || r.Base.Voids+r.Head.Voids != 0 {
				t.Errorf("%d and %d trials, want 16 of each and no void ones", r.Base.Trials, r.Head.Trials)
			}
			if got := notesOf(r); !slices.Equal(got, tt.notes) {
				t.Errorf("notes %q, want %q", got, tt.notes)
			}
			if r.SpentAtLeast != (tt.notes != nil) {
				t.Errorf("what was spent is a lower bound: %v, want %v", r.SpentAtLeast, tt.notes != nil)
			}
			if r.Base.Cost.Status != price.Exact {
				t.Errorf("the cost of the base is %v: an interrupted trial was taken as evidence", r.Base.Cost.Status)
			}
			again := l.run(t)
			if again.SpentUSD.String() != r.SpentUSD.String() || !slices.Equal(notesOf(again), tt.notes) || l.provider.calls.Load() != 32 {
				t.Errorf("a second look at the journal: spent %v with the notes %q after %d calls; want %v, %q and 32",
					again.SpentUSD, notesOf(again), l.provider.calls.Load(), r.SpentUSD, tt.notes)
			}
		})
	}
}

// A comparison that is really interrupted knows afterwards what it spent.
func TestResumeAfterACancel(t *testing.T) {
	l := newInterruptedLab(t)
	l.opts.Budget = price.Known(price.MustMoney("100"))
	l.process(t)
	ctx, cancel := context.WithCancel(context.Background())
	l.bench.Progress = func(p compare.Progress) {
		if p.Done == 10 {
			cancel()
		}
	}
	if _, err := compare.Run(ctx, l.opts, l.bench); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	l.bench.Progress = nil
	r := l.run(t)
	if got, want := r.SpentUSD.String(), l.journalled(t).String(); got != want || r.Base.Trials+r.Head.Trials != 32 {
		t.Errorf("spent %s and %d trials; want %s, which the journal's calls cost, and 32", got, r.Base.Trials+r.Head.Trials, want)
	}
}

// What was spent before an interruption comes out of the same budget.
func TestResumeKeepsTheBudget(t *testing.T) {
	l := newInterruptedLab(t)
	before := paid("1", "base/a/0")
	l.record(t, before, l.canceled("a"), paid("2", "head/b/0"))
	cost, _ := l.opts.Pricing.Call(before).Cost.Amount.Value()
	l.opts.Budget = price.Known(cost.Times(2))
	r := l.run(t)
	if l.provider.calls.Load() != 0 || r.SpentUSD.String() != cost.Times(2).String() {
		t.Errorf("%d calls and %v spent; want none and the %v of before", l.provider.calls.Load(), r.SpentUSD, cost.Times(2))
	}
}

// A call at an unknown price is no detail: the budget cannot be kept.
func TestResumeWithAnUnknownPrice(t *testing.T) {
	l := newInterruptedLab(t)
	dear := paid("1", "head/a/0")
	dear.RequestedModel = "gpt-99"
	l.record(t, dear)
	l.opts.Budget = price.Known(price.MustMoney("100"))
	r := l.run(t)
	if l.provider.calls.Load() != 0 || r.SpentUSD.IsKnown() {
		t.Errorf("%d calls and %v spent; want none and an unknown sum", l.provider.calls.Load(), r.SpentUSD)
	}
}

func TestReplayNeverSpends(t *testing.T) {
	l := newInterruptedLab(t)
	l.opts.Replay = true
	l.record(t, paid("1", "base/a/0"), open("2", "base/a/0"))
	if r := l.run(t); r.SpentUSD.String() != (price.Money{}).String() || len(notesOf(r)) != 0 {
		t.Errorf("spent %v with the notes %q, want nothing and none", r.SpentUSD, notesOf(r))
	}
}

// A journal that is read back tells the same sum as the comparison that wrote it.
func TestAnalyzeJournalCountsInterruptedTrials(t *testing.T) {
	l := newInterruptedLab(t)
	l.record(t, paid("1", "base/a/0"), open("2", "head/c/0"))
	measured := l.run(t)
	evidence, err := l.file.Load()
	if err != nil {
		t.Fatal(err)
	}
	o := l.opts
	o.Suite, o.Pair = nil, arm.Pair{}
	read, err := compare.AnalyzeJournal(evidence, o)
	if err != nil {
		t.Fatal(err)
	}
	told := slices.Contains(read.Notes, "Carrying out these trials cost "+measured.SpentUSD.String()+" USD by this price book; reading them costs nothing.")
	if !told || read.SpentUSD.String() != "0" || !slices.Equal(notesOf(read), notesOf(measured)) || len(notesOf(read)) != 1 {
		t.Errorf("spent %v with the notes %q; want 0 and %q, and the sum %v in a note", read.SpentUSD, read.Notes, notesOf(measured), measured.SpentUSD)
	}
}

// Many interrupted calls are counted, and the first ones named.
func TestResumeNamesInterruptedCalls(t *testing.T) {
	l := newInterruptedLab(t)
	var records []any
	for i := range 8 {
		records = append(records, open(fmt.Sprint("c", i), "base/a/0"))
	}
	l.record(t, records...)
	r := l.run(t)
	notes := notesOf(r)
	if len(notes) != 1 || !strings.HasPrefix(notes[0], "8 calls of an interrupted process ended unseen (`c0` of `base/a/0`,") ||
		!strings.Contains(notes[0], "`c4` of `base/a/0`, and 3 more, which the journal has)") || strings.Contains(notes[0], "c5") || !r.SpentAtLeast {
		t.Errorf("notes %q, a lower bound: %v", notes, r.SpentAtLeast)
	}
}

// A journal of another comparison is refused before anything is paid, with both keys and what differs.
func TestResumeRefusesAnotherComparison(t *testing.T) {
	tests := []struct {
		name   string
		before func(*interruptedLab)
		want   []string
	}{
		{"another model", func(l *interruptedLab) { l.opts.Pair.Head = modelArmOf("gpt-5.5") }, []string{`the model of the head is "gpt-5.5" there and "gpt-5.4-mini" here`}},
		{"another provider", func(l *interruptedLab) {
			l.opts.Pair.Head = l.opts.Pair.Head.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Provider, Value: "openai"})
		}, []string{`the provider of the head is "openai" there and not set here`}},
		{"another suite", func(l *interruptedLab) { s := *l.opts.Suite; s.Digest = "sha256:00"; l.opts.Suite = &s }, []string{`the suite is "sha256:00" there and "sha256:`}},
		{"another version", func(l *interruptedLab) { l.opts.Harness = map[string]string{"codex": "1.2.3"} }, []string{`the version of codex is "1.2.3" there and not set here`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newInterruptedLab(t)
			opts := l.opts
			tt.before(l)
			theirs := l.opts.EvidenceKey()
			l.opts.Budget = price.Known(price.MustMoney("0.000001")) // a call or two
			l.run(t)
			calls := l.provider.calls.Load()
			l.opts = opts
			l.process(t)
			_, err := compare.Run(context.Background(), l.opts, l.bench)
			if err == nil || l.provider.calls.Load() != calls {
				t.Fatalf("error %v after %d calls, want one and %d", err, l.provider.calls.Load(), calls)
			}
			for _, want := range append(tt.want, theirs, l.opts.EvidenceKey(), "another folder") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want one with %q", err, want)
				}
			}
			if n := strings.Count(err.Error(), " there and "); n != 1 {
				t.Errorf("error %v names %d differences, want 1", err, n)
			}
		})
	}
}

// A journal of an earlier version does not say what it is about; its calls do to a part.
func TestResumeRefusesAnEarlierVersionsJournal(t *testing.T) {
	l := newInterruptedLab(t)
	theirs := paid("1", "head/a/0")
	theirs.DeclaredModel = "gpt-5.5"
	slot := trial.Slot{Arm: trial.Head, Task: "a"}
	l.record(t, theirs, trial.Trial{Slot: slot, EvidenceKey: "sha256:0123", Origin: trial.Fresh, Outcome: trial.Failed})
	for _, j := range []trial.Journal{l.file, l.memory(t)} {
		l.bench.Journal = j
		_, err := compare.Run(context.Background(), l.opts, l.bench)
		if err == nil || !strings.Contains(err.Error(), "its evidence key is sha256:0123, and this one's "+l.opts.EvidenceKey()) ||
			!strings.Contains(err.Error(), `; the model of the head is "gpt-5.5" there and "gpt-5.4-mini" here;`) {
			t.Errorf("error %v", err)
		}
	}
}

// memory is the lab's journal as one that knows nothing of subjects.
func (l *interruptedLab) memory(t *testing.T) trial.Journal {
	t.Helper()
	evidence, err := l.file.Load()
	if err != nil {
		t.Fatal(err)
	}
	m := journal.NewMemory()
	for _, r := range evidence.Results {
		for _, c := range r.Calls {
			err = errors.Join(err, m.AppendCall(c))
		}
		err = errors.Join(err, m.AppendTrial(r.Trial))
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}
