package agenda_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/trial"
)

// exhausted is an agenda in which the head's trials are void as often as they may be.
func exhausted(cause string) []trial.Trial {
	a := agendaOf([]int{2}, "x", "y")
	var all []trial.Trial
	for slots := a.Next(); len(slots) > 0; slots = a.Next() {
		for _, s := range slots {
			why := ""
			if s.Arm == trial.Head {
				why = cause
			}
			all = append(all, result(s, why))
			a.Take(all[len(all)-1])
		}
	}
	return all
}

// A later process that is told of every attempt wants no more than the one before: void slots do not begin anew.
func TestAttemptsGoOn(t *testing.T) {
	for _, cause := range []string{trial.CauseProvider, trial.CauseSetup} {
		for known := range exhausted(cause) {
			a := agendaOf([]int{2}, "x", "y")
			for _, tr := range exhausted(cause)[:known] {
				a.Take(tr)
			}
			attempts := known
			for slots := a.Next(); len(slots) > 0; slots = a.Next() {
				for _, s := range slots {
					why := ""
					if s.Arm == trial.Head {
						why = cause
					}
					attempts++
					a.Take(result(s, why))
				}
			}
			// How much patience is left shows at the end of a round, which is another one here.
			if most := len(exhausted(cause)) + 3; attempts > most {
				t.Errorf("%s: %d attempts after %d were known, want at most %d", cause, attempts, known, most)
			}
		}
	}
}

func TestAnew(t *testing.T) {
	a := agendaOf([]int{2}, "x", "y")
	for _, tr := range exhausted(trial.CauseProvider) {
		a.Take(tr)
	}
	if next := a.Next(); len(next) != 0 {
		t.Fatalf("%v are wanted, want none", ids(next))
	}
	if diff := cmp.Diff([]trial.Side{trial.Head}, a.Empty()); diff != "" {
		t.Errorf("arms without a trial (-want +got):\n%s", diff)
	}
	a.Anew(trial.Base)
	if next := a.Next(); len(next) != 0 {
		t.Errorf("%v are wanted, although the base has all of its trials", ids(next))
	}
	a.Anew(a.Empty()...)
	if diff := cmp.Diff([]string{"head/x/0", "head/x/1", "head/y/0", "head/y/1"}, ids(a.Next())); diff != "" {
		t.Errorf("wanted (-want +got):\n%s", diff)
	}
	if a.Unfilled() != 0 {
		t.Errorf("%d slots are called never filled", a.Unfilled())
	}
	rounds := 0
	for ; len(a.Next()) > 0 && rounds < 9; rounds++ {
		fill(a, a.Next(), func(trial.Slot) string { return trial.CauseProvider })
	}
	if rounds != 2 { // four and four: as often as the provider is given a chance
		t.Errorf("%d rounds, want 2", rounds)
	}
	a.Anew(a.Empty()...)
	fill(a, a.Next(), counts)
	if len(a.Empty()) != 0 || len(a.Next()) != 0 || !slices.Equal(a.Empty(), nil) {
		t.Errorf("after the trials there are %v without any and %v wanted", a.Empty(), ids(a.Next()))
	}
}

// What is left is what no trial counts for and another attempt may fill, up to the last look.
func TestLeft(t *testing.T) {
	a := agendaOf([]int{1, 2}, "x", "y")
	if n := len(a.Left()); n != 8 {
		t.Errorf("%d slots are left at the start, want 8", n)
	}
	void := trial.Slot{Arm: trial.Head, Task: "y"}
	for _, s := range a.Next() {
		cause := ""
		if s == void {
			cause = trial.CauseSetup
		}
		a.Take(result(s, cause))
	}
	want := []string{"base/x/1", "base/y/1", "head/x/1", "head/y/0", "head/y/1"}
	if diff := cmp.Diff(want, ids(a.Left())); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	a.Take(result(void, trial.CauseSetup))
	a.Take(result(void, trial.CauseSetup))
	if got := ids(a.Left()); slices.Contains(got, void.ID()) || len(got) != 4 {
		t.Errorf("left are %v, although the attempts are used up", got)
	}
	if got := agendaOf(nil, "x").Left(); got != nil {
		t.Errorf("without looks %v are left", got)
	}
}
