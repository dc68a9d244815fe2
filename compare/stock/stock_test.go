package stock_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare/stock"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func terms() stock.Terms {
	return stock.Terms{Suite: &suite.Suite{Tasks: []suite.Task{{ID: "a", Harness: "codex"}, {ID: "b", Harness: "prompt"}}}, Now: now, MaxAge: 14 * 24 * time.Hour,
		Key: "k", Versions: map[string]string{"codex": "1.2"}, Boxed: func(suite.Task) bool { return false }}
}

func stored(task string, i int, age time.Duration) ledger.BaseTrial {
	return ledger.BaseTrial{Task: task, Index: i, ID: fmt.Sprint(task, i), Completed: true, Time: now.Add(-age), Commit: "c1", Sandbox: "a room",
		Calls: []usage.Call{{ID: "x", Trial: "base/a/0", State: usage.Ended, Coverage: usage.Complete}}}
}

func TestUse(t *testing.T) {
	all := []ledger.BaseTrial{stored("a", 0, 3*time.Hour), stored("a", 1, time.Hour), stored("a", 2, 15*24*time.Hour), stored("gone", 0, time.Hour), stored("b", 0, 2*time.Hour)}
	var got []string
	for _, r := range terms().Use(all) {
		got = append(got, fmt.Sprintf("%s %s %s %s %s", r.Trial.ID, r.Trial.Start.Format("15:04"), r.Trial.Version, r.Calls[0].ID, r.Calls[0].Trial))
		if r.Trial.Origin != trial.Stored || r.Trial.Outcome != trial.Completed || r.Trial.EvidenceKey != "k" || stock.Sentinel(r) {
			t.Errorf("%+v", r.Trial)
		}
	}
	want := []string{"base/a/200000 11:00 1.2 base/a/200000#0 base/a/200000", "base/a/200001 09:00 1.2 base/a/200001#0 base/a/200001", "base/b/200000 10:00  base/b/200000#0 base/b/200000"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	boxed := terms()
	boxed.Boxed = func(task suite.Task) bool { return task.Harness == "codex" }
	for i := range all {
		all[i].Sandbox = ""
	}
	if got := boxed.Use(all); len(got) != 1 || got[0].Trial.Task != "b" {
		t.Errorf("with a sandbox that is needed: %+v", got)
	}
	var many []ledger.BaseTrial
	for i := range 60 {
		many = append(many, stored("a", i, time.Duration(60-i)*time.Hour))
	}
	if got := terms().Use(many); len(got) != 24 || got[23].Trial.Start != now.Add(-24*time.Hour) {
		t.Errorf("%d of 60 are used, the last of %v", len(got), got[len(got)-1].Trial.Start)
	}
}

func fresh(task string, i int, outcome trial.Outcome) trial.Result {
	slot := trial.Slot{Arm: trial.Base, Task: task, Index: i}
	return trial.Result{Trial: trial.Trial{ID: slot.ID(), Slot: slot, EvidenceKey: "sha256:0123456789abcdef0123", Origin: trial.Fresh, Outcome: outcome, Start: now, Sandbox: "a room"},
		Calls: []usage.Call{{ID: "x", State: usage.Ended, Coverage: usage.Complete}}}
}

func TestKeep(t *testing.T) {
	failed := fresh("a", 1, trial.Failed)
	failed.Trial.Cause = trial.CauseTimeout
	got := stock.Keep([]trial.Result{fresh("a", 0, trial.Completed), failed, fresh("b", 0, trial.Completed)}, []ledger.BaseTrial{stored("a", 7, 0)}, stock.Source{Origin: "o", Commit: "c"})
	if len(got) != 3 || got[0].Index != 8 || got[1].Index != 9 || got[2].Index != 0 || got[1].Completed || got[1].Cause != trial.CauseTimeout || got[0].Commit != "c" || got[0].Sandbox != "a room" {
		t.Errorf("%+v", got)
	}
	if want := "base/a/0@2026-11-20T12:00:00Z/0123456789abcdef"; got[0].ID != want {
		t.Errorf("id %q, want %q", got[0].ID, want)
	}
	for _, b := range got {
		if _, err := b.Checked(); err != nil {
			t.Error(err)
		}
	}
	cut := fresh("b", 0, trial.Completed)
	cut.Calls[0].Coverage = usage.Partial
	timeless := fresh("b", 0, trial.Completed)
	timeless.Trial.Start = time.Time{}
	for name, r := range map[string]trial.Result{"a usage that was cut": cut, "no time": timeless} {
		if got := stock.Keep([]trial.Result{fresh("a", 0, trial.Completed), r}, nil, stock.Source{}); len(got) != 0 {
			t.Errorf("%s: %d trials are kept", name, len(got))
		}
	}
}

// watched has stored trials and sentinels that cost what is given, by their id.
func watched(storedUSD, sentinelUSD float64, sentinels ...trial.Outcome) (*stock.Watch, func(trial.Result) (stats.Obs, bool)) {
	w := &stock.Watch{}
	var all []ledger.BaseTrial
	for i := range 6 {
		all = append(all, stored("a", i, time.Duration(i+1)*time.Hour))
	}
	for _, r := range terms().Use(all) {
		w.Take(r)
	}
	for i, outcome := range sentinels {
		w.Take(fresh("a", 100_000+i, outcome))
	}
	return w, func(r trial.Result) (stats.Obs, bool) {
		usd := sentinelUSD
		if r.Trial.Origin == trial.Stored {
			usd = storedUSD
		}
		return stats.Obs{Cost: usd * (1 + 0.1*float64(r.Trial.Index%3)), Completed: true}, !math.IsNaN(usd)
	}
}

func TestWatch(t *testing.T) {
	for _, tt := range []struct {
		name            string
		stored, fresh   float64
		sentinels       []trial.Outcome
		count           int
		drifted, tested bool
		why             string
	}{
		{"agree", 1, 1, []trial.Outcome{trial.Completed, trial.Failed}, 8, false, true, ""},
		{"differ", 1, 3, []trial.Outcome{trial.Completed, trial.Completed}, 0, true, true, "what is served has changed"},
		{"none came to an end", 1, 1, []trial.Outcome{trial.Void, trial.Void}, 0, false, false, "too few"},
		{"one is void", 1, 1, []trial.Outcome{trial.Completed, trial.Void}, 8, false, true, ""},
		{"no price", 1, math.NaN(), []trial.Outcome{trial.Completed, trial.Completed}, 8, false, false, ""},
	} {
		w, obs := watched(tt.stored, tt.fresh, tt.sentinels...)
		if !w.Waiting() || !cmp.Equal(w.Counts(), map[string]int{"a": 6}) {
			t.Fatalf("%s: %v", tt.name, w.Counts())
		}
		got := w.Settle(obs)
		r := w.Report()
		if len(got) != tt.count || w.Waiting() || w.Used() != (tt.count > 0) || w.Drifted() != tt.drifted || !strings.Contains(w.Dropped(), tt.why) || (w.Dropped() == "") != (tt.why == "") {
			t.Errorf("%s: %d trials count, drifted %t, dropped %q", tt.name, len(got), w.Drifted(), w.Dropped())
		}
		if math.IsNaN(float64(r.DriftP)) == tt.tested || r.Trials != 6 || r.Dropped != w.Dropped() || w.SetAside() != len(tt.sentinels)-max(0, tt.count-6) {
			t.Errorf("%s: %+v, %d set aside", tt.name, r, w.SetAside())
		}
	}
}

func TestWatchWithoutStored(t *testing.T) {
	var w stock.Watch
	if w.Take(fresh("a", 0, trial.Completed)) || w.Waiting() || w.Report() != nil || w.Used() {
		t.Error("a trial like any other is watched")
	}
	w.Take(fresh("a", 100_000, trial.Void))
	w.Take(fresh("a", 100_000, trial.Completed)) // another attempt
	if got := w.Unsettled(); len(got) != 1 || got[0].Trial.Outcome != trial.Completed {
		t.Errorf("%+v", got)
	}
	w = stock.Watch{}
	w.Take(fresh("a", 100_000, trial.Completed))
	if got := w.Settle(nil); got != nil || w.SetAside() != 1 {
		t.Errorf("sentinels of a store that is gone: %+v", got)
	}
}

func TestSentinels(t *testing.T) {
	if stock.Sentinels(4) != 2 || stock.Sentinels(5) != 1 {
		t.Errorf("%d for 4 tasks, %d for 5", stock.Sentinels(4), stock.Sentinels(5))
	}
}
