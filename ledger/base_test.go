package ledger_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/usage"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func trial(task string, index int) ledger.BaseTrial {
	return ledger.BaseTrial{Task: task, Index: index, Completed: true, Time: noon}
}

func TestCheckedFillsIn(t *testing.T) {
	east := time.FixedZone("east", 2*3600)
	seconds := 1.5
	in := ledger.BaseTrial{
		Task: "x", Index: 3, Cause: "timeout", Seconds: &seconds, Time: noon.In(east), Origin: "push", Commit: "c0ffee",
		Calls: []usage.Call{{ID: "1", Time: noon.In(east), Tokens: usage.None()}},
	}
	got, err := in.Checked()
	if err != nil {
		t.Fatal(err)
	}
	want := in
	want.Schema, want.ID, want.Time = ledger.BaseTrialSchema, "base/x/3", noon
	want.Calls = []usage.Call{{Schema: usage.CallSchema, ID: "1", Time: noon, Tokens: usage.None()}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("checked (-want +got):\n%s", diff)
	}
	if got.Time.Location() != time.UTC || got.Calls[0].Time.Location() != time.UTC {
		t.Error("a time is not in UTC")
	}
	if got.Identity() != (ledger.Identity{Task: "x", ID: "base/x/3"}) {
		t.Errorf("identity %v", got.Identity())
	}
	if in.Calls[0].Schema != "" || got.Seconds == in.Seconds {
		t.Error("the caller's trial is shared")
	}
	again, err := got.Checked()
	if diff := cmp.Diff(got, again); err != nil || diff != "" {
		t.Errorf("checked again: %v (-want +got):\n%s", err, diff)
	}
}

func TestCheckedRefuses(t *testing.T) {
	long := strings.Repeat("x", ledger.MaxText+1)
	seconds := func(s float64) *float64 { return &s }
	tests := []struct {
		name   string
		change func(*ledger.BaseTrial)
		want   string
	}{
		{"another version", func(b *ledger.BaseTrial) { b.Schema = "pertask.base-trial/2" }, `this version reads "pertask.base-trial/1"`},
		{"no task", func(b *ledger.BaseTrial) { b.Task = "" }, "no task"},
		{"a warm-up", func(b *ledger.BaseTrial) { b.Index = -1 }, "a warm-up is not kept"},
		{"a high index", func(b *ledger.BaseTrial) { b.Index = ledger.MaxIndex + 1 }, "the index 1000001"},
		{"completed with a cause", func(b *ledger.BaseTrial) { b.Cause = "timeout" }, "only a failed trial"},
		{"no time", func(b *ledger.BaseTrial) { b.Time = time.Time{} }, "no time"},
		{"a year that JSON cannot write", func(b *ledger.BaseTrial) { b.Time = noon.AddDate(9000, 0, 0) }, "the year 11026"},
		{"less than no duration", func(b *ledger.BaseTrial) { b.Seconds = seconds(-1) }, "-1 seconds"},
		{"no number", func(b *ledger.BaseTrial) { b.Seconds = seconds(math.NaN()) }, "NaN seconds"},
		{"no end", func(b *ledger.BaseTrial) { b.Seconds = seconds(math.Inf(1)) }, "+Inf seconds"},
		{"a long task", func(b *ledger.BaseTrial) { b.Task = long }, "the task has 1001 bytes"},
		{"a long id", func(b *ledger.BaseTrial) { b.ID = long }, "the id has 1001 bytes"},
		{"a long origin", func(b *ledger.BaseTrial) { b.Origin = long }, "the origin has 1001 bytes"},
		{"a commit that is no text", func(b *ledger.BaseTrial) { b.Commit = "\xff" }, "the commit \"\\xff\" is not UTF-8"},
		{"a call of another version", func(b *ledger.BaseTrial) { b.Calls = []usage.Call{{ID: "1", Schema: "pertask.call/2"}} }, `this version reads "pertask.call/1"`},
		{"a call without an id", func(b *ledger.BaseTrial) { b.Calls = []usage.Call{{}} }, "a call has no id"},
		{"a call that is there twice", func(b *ledger.BaseTrial) { b.Calls = []usage.Call{{ID: "1"}, {ID: "1"}} }, "there twice"},
		{"a call without end", func(b *ledger.BaseTrial) { b.Calls = []usage.Call{{ID: "1", Seconds: math.Inf(1)}} }, "+Inf seconds"},
		{"a call of a far year", func(b *ledger.BaseTrial) { b.Calls = []usage.Call{{ID: "1", Time: noon.AddDate(9000, 0, 0)}} }, "the year 11026"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := trial("x", 0)
			tt.change(&b)
			_, err := b.Checked()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if errors.Is(err, ledger.ErrSchema) != strings.Contains(tt.name, "version") {
				t.Errorf("error %v is ErrSchema: %v", err, errors.Is(err, ledger.ErrSchema))
			}
		})
	}
}

// What is unknown is null in JSON and not zero, and comes back unknown.
func TestUnknownIsNotZero(t *testing.T) {
	b := trial("x", 0)
	b.Calls = []usage.Call{{ID: "1", State: usage.Admitted}}
	b, err := b.Checked()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"seconds":null`, `"input":null`, `"output":null`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s does not have %s", text, want)
		}
	}
	var back ledger.BaseTrial
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, back); diff != "" || back.Calls[0].Tokens.Total().IsKnown() {
		t.Errorf("it came back with the total %v (-want +got):\n%s", back.Calls[0].Tokens.Total(), diff)
	}
	b.Calls = nil
	if b, err = b.Checked(); err != nil || b.Calls == nil {
		t.Errorf("no calls: %#v, %v; want an empty list", b.Calls, err)
	}
}

func TestSort(t *testing.T) {
	later := trial("a", 1)
	later.Time, later.ID = noon.Add(time.Second), "1"
	same := trial("a", 1)
	same.ID = "2"
	want := []ledger.BaseTrial{trial("a", 0), trial("a", 1), same, later, trial("a", 10), trial("b", 0)}
	for range 20 {
		got := append([]ledger.BaseTrial(nil), want...)
		rand.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		ledger.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("sorted (-want +got):\n%s", diff)
		}
	}
}

func TestNextIndex(t *testing.T) {
	trials := []ledger.BaseTrial{trial("a", 4), trial("b", 7), trial("a", 2)}
	for task, want := range map[string]int{"a": 5, "b": 8, "c": 0} {
		if got := ledger.NextIndex(trials, task); got != want {
			t.Errorf("%s: %d, want %d", task, got, want)
		}
	}
}

func TestUsable(t *testing.T) {
	const day = 24 * time.Hour
	aged := func(ages ...time.Duration) []ledger.BaseTrial {
		var out []ledger.BaseTrial
		for i, age := range ages {
			b := trial("x", i)
			b.Time = noon.Add(-age)
			out = append(out, b)
		}
		return out
	}
	tests := []struct {
		name        string
		trials      []ledger.BaseTrial
		maxAge      time.Duration
		usable, old []int
	}{
		{"none", nil, day, nil, nil},
		{"the limit is usable", aged(14*day, 14*day+1, 0), ledger.DefaultMaxAge, []int{0, 2}, []int{1}},
		{"clocks differ a little", aged(-time.Hour+1, -time.Hour, -1000*day), day, []int{0}, []int{1, 2}},
		{"no age is allowed", aged(0, 1), 0, nil, []int{0, 1}},
		{"less than none is", aged(0, -1), -day, nil, []int{0, 1}},
		{"the time is not known", []ledger.BaseTrial{{}}, math.MaxInt64, nil, []int{0}},
	}
	indices := func(trials []ledger.BaseTrial) []int {
		var out []int
		for _, b := range trials {
			out = append(out, b.Index)
		}
		return out
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			usable, old := ledger.Usable(tt.trials, noon, tt.maxAge)
			if diff := cmp.Diff([][]int{tt.usable, tt.old}, [][]int{indices(usable), indices(old)}); diff != "" {
				t.Errorf("usable and too old (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStock(t *testing.T) {
	one, two, three := trial("a", 0), trial("b", 0), trial("b", 1)
	one.Time, one.Commit = noon.Add(-2*time.Hour), "bbb"
	two.Time, two.Commit = noon.Add(-3*time.Hour), "aaa"
	three.Commit = "bbb"
	got := ledger.Take([]ledger.BaseTrial{one, two, three})
	want := ledger.Stock{Trials: 3, ByTask: map[string]int{"a": 1, "b": 2}, Commits: []string{"aaa", "bbb"}, Oldest: two.Time, Newest: noon}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stock (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		tasks []string
		want  int
	}{{[]string{"a", "b"}, 1}, {[]string{"b"}, 2}, {[]string{"b", "c"}, 0}, {nil, 0}} {
		if least := got.Least(tt.tasks); least != tt.want {
			t.Errorf("least of %v: %d, want %d", tt.tasks, least, tt.want)
		}
	}
	newest, oldest, ok := got.Ages(noon.Add(-time.Hour))
	if newest != 0 || oldest != 2*time.Hour || !ok {
		t.Errorf("ages %v, %v, %v; want 0s, 2h, true", newest, oldest, ok)
	}
	if _, _, ok := ledger.Take(nil).Ages(noon); ok {
		t.Error("no trials have an age")
	}
	if (ledger.Stock{}).Least([]string{"a"}) != 0 {
		t.Error("no trials are some")
	}
}

func TestCheckKey(t *testing.T) {
	for key, want := range map[string]string{
		"sha256:ab": "", strings.Repeat("k", ledger.MaxKey): "", "../../etc/passwd\x00\n": "",
		"": "the key is empty", strings.Repeat("k", ledger.MaxKey+1): "513 bytes", "\xff": "not UTF-8",
	} {
		err := ledger.CheckKey(key)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: error %v, want %q", key, err, want)
		}
	}
}
