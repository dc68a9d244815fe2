package agenda_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare/agenda"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
)

func agendaOf(looks []int, tasks ...string) *agenda.Agenda {
	a := agenda.New(1, looks)
	for _, id := range tasks {
		a.Want(suite.Task{ID: id, Harness: "prompt"})
	}
	return a
}

func result(s trial.Slot, cause string) trial.Trial {
	t := trial.Trial{ID: s.ID(), Slot: s, Origin: trial.Fresh, Outcome: trial.Completed}
	if cause != "" {
		t.Outcome, t.Cause = trial.Void, cause
	}
	return t
}

// fill takes a trial for every slot; cause says why one is void.
func fill(a *agenda.Agenda, slots []trial.Slot, cause func(trial.Slot) string) {
	for _, s := range slots {
		a.Take(result(s, cause(s)))
	}
}

func ids(slots []trial.Slot) (out []string) {
	for _, s := range slots {
		out = append(out, s.ID())
	}
	slices.Sort(out)
	return out
}

func counts(trial.Slot) string { return "" }

func TestVoidTrialsAreWantedAgain(t *testing.T) {
	for cause, again := range map[string]bool{
		trial.CauseProvider: true, trial.CauseSetup: true, trial.CauseStart: true, trial.CauseGrading: true, trial.CauseSandbox: true,
		trial.CauseBudget: false, trial.CauseCanceled: false, "": false,
	} {
		t.Run("cause "+cause, func(t *testing.T) {
			a := agendaOf([]int{3}, "x", "y")
			broken := trial.Slot{Arm: trial.Head, Task: "y", Index: 1}
			for _, s := range a.Next() {
				r := result(s, "")
				if s == broken {
					r.Outcome, r.Cause = trial.Void, cause
				}
				a.Take(r)
			}
			for attempt := 2; attempt <= agenda.Attempts && again; attempt++ {
				if got := ids(a.Next()); !slices.Equal(got, []string{"head/y/1"}) || !a.Repeats(a.Next()) {
					t.Fatalf("attempt %d: wanted are %q, want the void one", attempt, got)
				}
				was, again, ok := a.Take(result(broken, cause))
				if was != cause || !again || !ok {
					t.Errorf("attempt %d replaces %q: %v, %v", attempt, was, again, ok)
				}
			}
			if got := a.Next(); len(got) != 0 {
				t.Errorf("still wanted: %q", ids(got))
			}
			if want := 12 + map[bool]int{true: 2}[again]; a.Attempted() != want {
				t.Errorf("%d attempts, want %d", a.Attempted(), want)
			}
		})
	}
}

// Trials that were never carried out go first, void ones after them.
func TestVoidTrialsWaitForTheRest(t *testing.T) {
	a := agendaOf([]int{2}, "x", "y", "z")
	first := a.Next()
	fill(a, first[:5], func(s trial.Slot) string {
		if s == first[0] {
			return trial.CauseProvider
		}
		return ""
	})
	next := a.Next()
	if len(next) != 8 || next[7] != first[0] || a.Repeats(next) {
		t.Errorf("wanted are %v after %v", next, first)
	}
	if a.Unfilled() != 7 {
		t.Errorf("%d slots are unfilled, want 7", a.Unfilled())
	}
	fill(a, next, counts)
	if got := a.Next(); len(got) != 0 || a.Unfilled() != 0 {
		t.Errorf("still wanted: %q", ids(got))
	}
	if diff := cmp.Diff(map[string]int{trial.CauseProvider: 1}, a.Again()); diff != "" {
		t.Errorf("carried out again (-want +got):\n%s", diff)
	}
}

// What breaks every time is not paid for again and again.
func TestWhatBreaksEveryTimeIsLeft(t *testing.T) {
	head := func(cause string) func(trial.Slot) string {
		return func(s trial.Slot) string {
			if s.Arm == trial.Head {
				return cause
			}
			return ""
		}
	}
	of := func(task, cause string) func(trial.Slot) string {
		return func(s trial.Slot) string {
			if s.Task == task {
				return cause
			}
			return ""
		}
	}
	all := func(cause string) func(trial.Slot) string { return func(trial.Slot) string { return cause } }
	for _, tt := range []struct {
		name     string
		trials   int
		cause    func(trial.Slot) string
		attempts int // in all, until none is wanted
	}{
		{"an arm that the provider refuses", 2, head(trial.CauseProvider), 12},
		{"an arm with few trials", 1, head(trial.CauseProvider), 3 + 6},
		{"everything", 3, all(trial.CauseProvider), 18},
		{"a task without a grader", 2, of("y", trial.CauseGrading), 12},
		{"a task with one trial", 1, of("y", trial.CauseGrading), 4 + 4},
		{"an arm of a task", 1, func(s trial.Slot) string {
			if s.Arm == trial.Base && s.Task == "x" {
				return trial.CauseSetup
			}
			return ""
		}, 6 + 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := agendaOf([]int{tt.trials}, "x", "y", "z")
			for rounds := 0; ; rounds++ {
				slots := a.Next()
				if len(slots) == 0 {
					break
				}
				if rounds == agenda.Attempts {
					t.Fatal("it goes on")
				}
				fill(a, slots, tt.cause)
			}
			if got := a.Attempted(); got != tt.attempts {
				t.Errorf("%d attempts, want %d", got, tt.attempts)
			}
		})
	}
}

func TestTakeKeepsWhatCounts(t *testing.T) {
	a := agendaOf([]int{1}, "x")
	s := a.Next()[0]
	if _, _, ok := a.Take(result(s, "")); !ok {
		t.Fatal("a trial was refused")
	}
	for _, cause := range []string{"", trial.CauseProvider} {
		if _, again, ok := a.Take(result(s, cause)); ok || again {
			t.Error("a trial that counts was replaced")
		}
	}
	if len(a.Next()) != 1 {
		t.Errorf("wanted are %q", ids(a.Next()))
	}
}

func TestWarmups(t *testing.T) {
	a := agendaOf([]int{2}, "x", "y")
	slots := slices.DeleteFunc(a.Next(), func(s trial.Slot) bool { return s.Arm == trial.Head && s.Task == "x" })
	warmups := a.Warmups(slots)
	if got, want := ids(warmups), []string{"base/x/-1", "base/y/-1", "head/y/-1"}; !slices.Equal(got, want) {
		t.Errorf("warm-ups %q, want %q", got, want)
	}
	before := ids(a.Next())
	for _, s := range warmups {
		if _, _, ok := a.Take(result(s, trial.CauseWarmup)); ok || !s.Warmup() {
			t.Errorf("the warm-up %s counts", s.ID())
		}
	}
	if diff := cmp.Diff(before, ids(a.Next())); diff != "" || a.Attempted() != 3 {
		t.Errorf("%d attempts; wanted are (-before +after):\n%s", a.Attempted(), diff)
	}
}

func order(slots []trial.Slot) string {
	var out []string
	for i := 0; i < len(slots); i += 2 {
		out = append(out, slots[i].Task)
	}
	return strings.Join(out, " ")
}

// The longest starts first: agents before prompts, long time-outs before short ones, and in a later look what took
// longest in the looks before it.
func TestTheLongestStartsFirst(t *testing.T) {
	a := agenda.New(1, []int{1, 2})
	for _, task := range []suite.Task{
		{ID: "prompt", Harness: "prompt", Timeout: time.Hour}, {ID: "quick", Harness: "command", Timeout: 2 * time.Minute},
		{ID: "plain", Harness: "codex"}, {ID: "slow", Harness: "codex", Timeout: time.Hour},
	} {
		a.Want(task)
	}
	first := a.Next()
	if got, want := order(first), "slow plain quick prompt"; got != want {
		t.Errorf("order %q, want %q", got, want)
	}
	took := map[string]float64{"quick": 500, "prompt": 40, "slow": 3}
	take := func(s trial.Slot) {
		r := result(s, "")
		if seconds, ok := took[s.Task]; ok {
			r.Seconds = &seconds
		}
		a.Take(r)
	}
	for i, s := range first {
		take(s)
		if i == 3 && order(a.Next()) != "quick prompt" {
			t.Errorf("the order changed within a look: %q", order(a.Next()))
		}
	}
	if len(a.Next()) != 0 || !a.Advance() || a.Look() != 1 {
		t.Fatalf("the first look does not end: %d slots", len(a.Next()))
	}
	// plain was never timed: its guess stands, 150 s.
	if got, want := order(a.Next()), "quick plain prompt slow"; got != want {
		t.Errorf("order of the second look %q, want %q", got, want)
	}
}

// The order of arrival does not change what is expected.
func TestShardsExpectTheSame(t *testing.T) {
	var plans []string
	for turn := range 5 {
		a := agendaOf([]int{4, 5}, "a", "b", "c", "d", "e", "f")
		slots := a.Next()
		for i := range slots {
			s := slots[(i*7+turn*11)%len(slots)]
			r := result(s, "")
			seconds := 1 + float64((s.Index*31+int(s.Task[0])*17)%13)/10
			r.Seconds = &seconds
			a.Take(r)
		}
		plans = append(plans, fmt.Sprint(a.Next()))
	}
	if len(slices.Compact(plans)) != 1 {
		t.Errorf("different plans:\n%s", strings.Join(plans, "\n"))
	}
}
