// Package ledgertest has the tests that every implementation of ledger.Store and ledger.Tests passes, and one in memory
// for the tests of other packages.
//
// It knows what the interfaces promise. It refuses to know where an implementation keeps its records.
package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/usage"
)

// Ledger is what is tested.
type Ledger interface {
	ledger.Store
	ledger.Tests
}

// Run tests an implementation. place makes a place without any records and returns a function that opens it: what it
// returns each time is to behave like another process, which has the same records.
func Run(t *testing.T, place func(t *testing.T) (open func() Ledger)) {
	for name, test := range map[string]func(*testing.T, func() Ledger){
		"nothing is there":            nothing,
		"nothing is lost of a trial":  whole,
		"a trial counts once":         once,
		"the order is stable":         order,
		"keys are kept apart":         apart,
		"all or none":                 allOrNone,
		"what is dropped stays away":  dropped,
		"what is returned is a copy":  copies,
		"bad keys and reasons":        badKeys,
		"writers at once":             writers,
		"a context that has ended":    ended,
		"a test goes on":              goesOn,
		"a verdict is final":          final,
		"a look is not forgotten":     behind,
		"an inconclusive is extended": extensions,
		"one of many verdicts":        race,
	} {
		t.Run(name, func(t *testing.T) { test(t, place(t)) })
	}
}

// Noon is the time around which the tests' records are.
var Noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// Trial returns a trial with one call, as a store returns it.
func Trial(task string, index int) ledger.BaseTrial {
	seconds := 1.5 + float64(index)
	tokens := usage.None()
	tokens.Input, tokens.Output = usage.Known(100), usage.Known(int64(10+index))
	b, err := ledger.BaseTrial{
		Task: task, Index: index, Completed: true, Seconds: &seconds, Time: Noon.Add(time.Duration(index) * time.Minute), Origin: "push", Commit: "c0ffee",
		Calls: []usage.Call{{ID: "1", Trial: fmt.Sprintf("base/%s/%d", task, index), State: usage.Ended, Coverage: usage.Complete, Status: 200, Tokens: tokens, Time: Noon}},
	}.Checked()
	if err != nil {
		panic(err) // unreachable: the tests' tasks and indices are good
	}
	return b
}

func add(t *testing.T, l Ledger, key string, trials ...ledger.BaseTrial) {
	t.Helper()
	if err := l.AddBaseTrials(t.Context(), key, trials...); err != nil {
		t.Fatalf("adding trials: %v", err)
	}
}

func drop(t *testing.T, l Ledger, key string) {
	t.Helper()
	if err := l.DropBaseTrials(t.Context(), key, "the provider drifted"); err != nil {
		t.Fatalf("dropping trials: %v", err)
	}
}

// holds says what a key must have.
func holds(t *testing.T, l Ledger, key string, want ...ledger.BaseTrial) {
	t.Helper()
	got, err := l.BaseTrials(t.Context(), key)
	if err != nil {
		t.Fatalf("reading trials: %v", err)
	}
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("trials of %.40q (-want +got):\n%s", key, diff)
	}
}

func nothing(t *testing.T, open func() Ledger) {
	l := open()
	holds(t, l, "k")
	drop(t, l, "k")
	add(t, l, "k")
	holds(t, open(), "k")
	if got, found, err := l.Test(t.Context(), "k"); found || err != nil || got.Key != "" {
		t.Errorf("test %+v, %v, %v; want none", got, found, err)
	}
}

// whole has every field, and some that are unknown.
func whole(t *testing.T, open func() Ledger) {
	full, poor := Trial("fix: a <task> & \"more\" \u2028", 0), Trial("x", 1)
	full.ID, full.Completed, full.Cause, full.Origin = "run 7/0", false, "timeout", "https://example.test/runs/7?a=1&b=2"
	full.Time = Noon.Add(123456789)
	c := &full.Calls[0]
	c.Raw, c.Requests, c.Attributes = []byte(`{"a":"<b>"}`), map[string]int64{"web_search": 2}, map[string]string{"speed": "fast"}
	c.Coverage, c.ReportedUSD, c.ServedModel, c.Problem = usage.Partial, "0.001", "m-1", "the stream was cut"
	c.Parts = []usage.Part{{Kind: "compaction", Tokens: usage.None()}}
	poor.Seconds, poor.Origin, poor.Commit = nil, "", ""
	poor.Calls[0].Tokens, poor.Calls[0].Coverage, poor.Calls[0].State = usage.Tokens{}, usage.Missing, usage.Admitted
	add(t, open(), "k", full, poor)
	got, err := open().BaseTrials(t.Context(), "k")
	if err != nil || len(got) != 2 {
		t.Fatalf("%d trials, error %v; want 2", len(got), err)
	}
	// Letters that JSON may escape are the same in another form.
	got[0].Calls[0].Raw = []byte(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(string(got[0].Calls[0].Raw)))
	if diff := cmp.Diff([]ledger.BaseTrial{full, poor}, got); diff != "" {
		t.Errorf("trials (-want +got):\n%s", diff)
	}
	if got[1].Seconds != nil || got[1].Calls[0].Tokens.Total().IsKnown() {
		t.Error("what was unknown became known")
	}
}

func once(t *testing.T, open func() Ledger) {
	l := open()
	first := Trial("x", 0)
	again := first
	again.Completed, again.Cause, again.Time = false, "timeout", Noon.Add(time.Hour)
	namedOther, otherTask := first, Trial("y", 0)
	namedOther.ID, otherTask.ID = "another one", first.ID
	add(t, l, "k", first, again)
	add(t, l, "k", again)
	add(t, open(), "k", first)
	holds(t, open(), "k", first)
	add(t, l, "k", namedOther, otherTask)
	holds(t, open(), "k", namedOther, first, otherTask)
}

func order(t *testing.T, open func() Ledger) {
	add(t, open(), "k", Trial("b", 1), Trial("a", 10))
	add(t, open(), "k", Trial("a", 2), Trial("b", 0))
	add(t, open(), "k", Trial("a", 0))
	for range 3 {
		holds(t, open(), "k", Trial("a", 0), Trial("a", 2), Trial("a", 10), Trial("b", 0), Trial("b", 1))
	}
}

func apart(t *testing.T, open func() Ledger) {
	keys := []string{"k", "K", "k ", "../k", "/k", "k/../k", "k\x00", "k\n", ".", "..", "%00", "ｋ", strings.Repeat("k", ledger.MaxKey), "sha256:" + strings.Repeat("ab", 32)}
	for i, key := range keys {
		add(t, open(), key, Trial("x", i))
		save(t, open(), with(looked(i+1), func(t *ledger.Test) { t.Key = key }))
	}
	drop(t, open(), "k")
	l := open()
	for i, key := range keys {
		if key == "k" {
			holds(t, l, key)
		} else {
			holds(t, l, key, Trial("x", i))
		}
		saved(t, l, with(looked(i+1), func(t *ledger.Test) { t.Key = key }))
	}
}

func allOrNone(t *testing.T, open func() Ledger) {
	bad := Trial("x", 1)
	bad.Schema = "pertask.base-trial/99"
	if err := open().AddBaseTrials(t.Context(), "k", Trial("x", 0), bad); !errors.Is(err, ledger.ErrSchema) {
		t.Errorf("error %v, want ErrSchema", err)
	}
	holds(t, open(), "k")
}

func dropped(t *testing.T, open func() Ledger) {
	old := []ledger.BaseTrial{Trial("x", 0), Trial("x", 1), Trial("y", 0)}
	add(t, open(), "k", old...)
	add(t, open(), "other", old...)
	drop(t, open(), "k")
	holds(t, open(), "k")
	add(t, open(), "k", old...)
	holds(t, open(), "k")
	later := Trial("x", 0) // the same place in the plan, carried out later
	later.Time = Noon.Add(24 * time.Hour)
	add(t, open(), "k", later)
	holds(t, open(), "k", later)
	drop(t, open(), "k")
	drop(t, open(), "k")
	add(t, open(), "k", append(old, later)...)
	holds(t, open(), "k")
	holds(t, open(), "other", old...)
}

func copies(t *testing.T, open func() Ledger) {
	l := open()
	mine := Trial("x", 0)
	mine.Calls[0].Requests = map[string]int64{"web_search": 1}
	want := Trial("x", 0)
	want.Calls[0].Requests = map[string]int64{"web_search": 1}
	test := looked(2)
	add(t, l, "k", mine)
	save(t, l, test)
	*mine.Seconds, mine.Calls[0].ID, mine.Calls[0].Requests["web_search"] = 99, "changed", 99
	*test.Looks[0].P = 1
	for range 2 {
		holds(t, l, "k", want)
		got, err := l.BaseTrials(t.Context(), "k")
		if err != nil || len(got) != 1 {
			t.Fatalf("%d trials, %v", len(got), err)
		}
		got[0].Calls[0].ID, got[0].Calls[0].Requests["web_search"] = "changed", 99
		*saved(t, l, looked(2)).Looks[0].P = 1
	}
}

func badKeys(t *testing.T, open func() Ledger) {
	l := open()
	for _, key := range []string{"", "\xff", strings.Repeat("k", ledger.MaxKey+1)} {
		_, err := l.BaseTrials(t.Context(), key)
		_, _, errTest := l.Test(t.Context(), key)
		for i, err := range []error{
			err, errTest, l.AddBaseTrials(t.Context(), key, Trial("x", 0)), l.DropBaseTrials(t.Context(), key, "why"),
			l.SaveTest(t.Context(), with(looked(2), func(t *ledger.Test) { t.Key = key })),
		} {
			if err == nil {
				t.Errorf("key %.20q: call %d was taken", key, i)
			}
		}
	}
	add(t, l, "k", Trial("x", 0))
	for _, why := range []string{"", strings.Repeat("x", ledger.MaxText+1)} {
		if err := l.DropBaseTrials(t.Context(), "k", why); err == nil {
			t.Errorf("trials were dropped for the reason %.20q", why)
		}
	}
	holds(t, l, "k", Trial("x", 0))
}

// writers are several at once, each with trials of its own and some that all have.
func writers(t *testing.T, open func() Ledger) {
	const each, most = 8, 4
	var all sync.WaitGroup
	for w := range most {
		all.Go(func() {
			l := open()
			for i := range each {
				if err := l.AddBaseTrials(t.Context(), "k", Trial("all", i), Trial(fmt.Sprint("own ", w), i)); err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
				if got, err := l.BaseTrials(t.Context(), "k"); err != nil || len(got) < 2*(i+1) {
					t.Errorf("writer %d reads %d trials after adding %d: %v", w, len(got), 2*(i+1), err)
				}
			}
		})
	}
	all.Wait()
	var want []ledger.BaseTrial
	for i := range each {
		want = append(want, Trial("all", i))
		for w := range most {
			want = append(want, Trial(fmt.Sprint("own ", w), i))
		}
	}
	ledger.Sort(want)
	holds(t, open(), "k", want...)
}

func ended(t *testing.T, open func() Ledger) {
	given := errors.New("given up")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(given)
	l := open()
	_, errRead := l.BaseTrials(ctx, "k")
	_, _, errTest := l.Test(ctx, "k")
	for i, err := range []error{errRead, errTest, l.AddBaseTrials(ctx, "k", Trial("x", 0)), l.DropBaseTrials(ctx, "k", "why"), l.SaveTest(ctx, looked(2))} {
		if !errors.Is(err, given) {
			t.Errorf("call %d: error %v, want the context's", i, err)
		}
	}
	holds(t, open(), "k")
	if _, found, err := open().Test(t.Context(), "k"); found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
}
