package agenda_test

import (
	"fmt"
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
	if got := carriedOut(a); got != "2+0" || a.Unfilled() != 2 {
		t.Errorf("wanted %s, unfilled %d", got, a.Unfilled())
	}
	if m := a.Missing(1); m[trial.Base] != 4 || m[trial.Head] != 2 || a.Base(0) != 2 || a.Base(1) != 3 {
		t.Errorf("missing %v, base %v and %v", m, a.Base(0), a.Base(1))
	}
}

func TestLookOf(t *testing.T) {
	a := agendaOf([]int{2, 3, 5}, "a")
	var got []int
	for i := range 7 {
		got = append(got, a.LookOf(i))
	}
	if diff := cmp.Diff([]int{0, 0, 1, 2, 2, 3, 3}, got); diff != "" {
		t.Error(diff)
	}
	if m := a.Missing(9); len(m) != 2 || m[trial.Base] != 0 || a.Base(-1) != 0 {
		t.Errorf("of looks that are not there: %v", m)
	}
}
