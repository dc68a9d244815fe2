package agenda_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare/agenda"
	"github.com/pertask/pertask/trial"
)

// carriedOut is how many trials of each arm a look wants, as "base+head".
func carriedOut(a *agenda.Agenda) string {
	n := map[trial.Side]int{}
	for _, s := range a.Next() {
		n[s.Arm]++
	}
	return fmt.Sprintf("%d+%d", n[trial.Base], n[trial.Head])
}

// What is stored of the base is not carried out again, but for sentinels.
func TestStored(t *testing.T) {
	for _, c := range []struct {
		name      string
		stored    map[string]int
		sentinels int
		want      []string // at each look: new slots
	}{
		{"nothing", nil, 1, []string{"4+4", "2+2", "4+4"}},
		{"enough", map[string]int{"a": 12, "b": 20}, 1, []string{"2+4", "0+2", "0+4"}},
		{"enough, two sentinels", map[string]int{"a": 12, "b": 20}, 2, []string{"4+4", "0+2", "0+4"}},
		{"some", map[string]int{"a": 3, "b": 3}, 1, []string{"2+4", "0+2", "2+4"}},
		{"of one task", map[string]int{"a": 12}, 1, []string{"3+4", "1+2", "2+4"}},
		{"more sentinels than a look has trials", map[string]int{"a": 12, "b": 12}, 9, []string{"4+4", "2+2", "4+4"}},
	} {
		a := agendaOf([]int{2, 3, 5}, "a", "b")
		a.Stored(c.stored, c.sentinels)
		var got []string
		for {
			got = append(got, carriedOut(a))
			fill(a, a.Next(), counts)
			if len(a.Next()) > 0 {
				t.Fatalf("%s: the look does not end", c.name)
			}
			if !a.Advance() {
				break
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// A store that is dropped in the middle of a look leaves the base's trials to be carried out.
func TestStoredForgotten(t *testing.T) {
	a := agendaOf([]int{2, 3}, "a", "b")
	a.Stored(map[string]int{"a": 12, "b": 12}, 1)
	fill(a, a.Next(), counts)
	if m := a.Missing(1); m[trial.Base] != 0 || m[trial.Head] != 2 || a.Base(0) != 13 || a.Base(1) != 13 {
		t.Errorf("missing %v, base %v and %v", m, a.Base(0), a.Base(1))
	}
	a.Stored(nil, 0)
	if got := carriedOut(a); got != "4+0" || a.Unfilled() != 4 { // the sentinels have spoken against the store: they do not count
		t.Errorf("wanted %s, unfilled %d", got, a.Unfilled())
	}
	if m := a.Missing(1); m[trial.Base] != 6 || m[trial.Head] != 2 || a.Base(0) != 2 || a.Base(1) != 3 {
		t.Errorf("missing %v, base %v and %v", m, a.Base(0), a.Base(1))
	}
}

func TestLookOf(t *testing.T) {
	looksOf := func(a *agenda.Agenda, side trial.Side, indices ...int) (got []int) {
		for _, i := range indices {
			got = append(got, a.LookOf(trial.Slot{Arm: side, Task: "a", Index: i}))
		}
		return got
	}
	a := agendaOf([]int{2, 3, 5}, "a")
	for _, side := range []trial.Side{trial.Base, trial.Head} {
		if diff := cmp.Diff([]int{0, 0, 1, 2, 2, 3, 3}, looksOf(a, side, 0, 1, 2, 3, 4, 5, 6)); diff != "" {
			t.Errorf("%s: %s", side, diff)
		}
	}
	if m := a.Missing(9); len(m) != 2 || m[trial.Base] != 0 || a.Base(-1) != 0 {
		t.Errorf("of looks that are not there: %v", m)
	}
	// With a stored trial the base's first one is a sentinel, and the next ones come a look later.
	a.Stored(map[string]int{"a": 1}, 1)
	sentinel := slices.IndexFunc(a.Next(), agenda.Sentinel)
	if sentinel < 0 || a.LookOf(a.Next()[sentinel]) != 0 {
		t.Fatalf("no sentinel in %v", a.Next())
	}
	if diff := cmp.Diff([]int{1, 2, 2, 3}, looksOf(a, trial.Base, 0, 1, 2, 3)); diff != "" {
		t.Errorf("with a stored trial: %s", diff)
	}
	if diff := cmp.Diff([]int{0, 0, 1, 2, 2, 3}, looksOf(a, trial.Head, 0, 1, 2, 3, 4, 5)); diff != "" {
		t.Errorf("of the head: %s", diff)
	}
}
