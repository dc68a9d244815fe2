package trial_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/trial"
)

func tasks(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("task-%02d", i))
	}
	return out
}

func TestPlanHoldsEverySlotOnce(t *testing.T) {
	plan := trial.Plan(7, 2, tasks(5), 3, 6)
	seen := map[trial.Slot]bool{}
	for _, s := range plan {
		if seen[s] {
			t.Errorf("%v is there twice", s)
		}
		seen[s] = true
	}
	if got, want := len(plan), 2*5*3; got != want {
		t.Fatalf("%d slots, want %d", got, want)
	}
	for _, task := range tasks(5) {
		for index := 3; index < 6; index++ {
			for _, side := range []trial.Side{trial.Base, trial.Head} {
				if !seen[trial.Slot{Look: 2, Arm: side, Task: task, Index: index}] {
					t.Errorf("no slot for %s/%s/%d", side, task, index)
				}
			}
		}
	}
	if got := trial.Plan(7, 0, tasks(5), 4, 4); len(got) != 0 {
		t.Errorf("a range without an index gave %d slots, want none", len(got))
	}
}

func TestPlanGoesInRoundsWithTheArmsSideBySide(t *testing.T) {
	plan := trial.Plan(1, 0, tasks(20), 0, 4)
	ahead, first := 0, map[trial.Side]int{}
	for i, s := range plan {
		if got, want := s.Index, i/40; got != want {
			t.Fatalf("slot %d has index %d, want %d: rounds must not mix", i, got, want)
		}
		if s.Arm == trial.Base {
			ahead++
		} else {
			ahead--
		}
		if ahead < -1 || ahead > 1 {
			t.Fatalf("after %d slots one arm is ahead by %d", i+1, ahead)
		}
		if i%2 == 0 {
			first[s.Arm]++
			if partner := plan[i+1]; partner.Task != s.Task || partner.Arm == s.Arm {
				t.Errorf("slot %d is %s, its partner %s", i, s.ID(), partner.ID())
			}
		}
	}
	// 80 fair coins: 20 or less of one side has a chance of 5 in a million, and the seed is fixed.
	if first[trial.Base] <= 20 || first[trial.Head] <= 20 {
		t.Errorf("the base goes first %d times, the head %d times: that is no fair coin", first[trial.Base], first[trial.Head])
	}
}

func TestPlanIsRandomAndRepeatable(t *testing.T) {
	names := tasks(12)
	plan := trial.Plan(1, 0, names, 0, 2)
	if diff := cmp.Diff(plan, trial.Plan(1, 0, names, 0, 2)); diff != "" {
		t.Errorf("the same seed gave another order:\n%s", diff)
	}
	for name, other := range map[string][]trial.Slot{
		"another seed": trial.Plan(2, 0, names, 0, 2),
		"another look": trial.Plan(1, 1, names, 0, 2),
	} {
		if slices.Equal(taskOrder(plan[:24]), taskOrder(other[:24])) {
			t.Errorf("%s has the same order", name)
		}
	}
	if slices.Equal(taskOrder(plan[:24]), taskOrder(plan[24:])) {
		t.Error("two rounds have the same order")
	}
}

func taskOrder(slots []trial.Slot) (out []string) {
	for _, s := range slots {
		out = append(out, s.Task)
	}
	return out
}

func TestPlanOfAPartAgreesWithTheWhole(t *testing.T) {
	all := tasks(9)
	part := []string{"task-07", "task-02", "task-05"} // another order of the tasks, too
	var want []trial.Slot
	for _, s := range trial.Plan(42, 3, all, 0, 8) {
		if slices.Contains(part, s.Task) && s.Index >= 2 && s.Index < 5 {
			want = append(want, s)
		}
	}
	if diff := cmp.Diff(want, trial.Plan(42, 3, part, 2, 5)); diff != "" {
		t.Errorf("a shard orders its part differently (-whole +part):\n%s", diff)
	}
}

// Shards of different releases must agree about the order, so it is written down here.
func TestPlanNeverChanges(t *testing.T) {
	var got []string
	for _, s := range trial.Plan(20261122, 1, []string{"a", "b", "c"}, 1, 3) {
		got = append(got, s.ID())
	}
	want := []string{
		"head/a/1", "base/a/1", "head/c/1", "base/c/1", "base/b/1", "head/b/1",
		"head/c/2", "base/c/2", "base/b/2", "head/b/2", "base/a/2", "head/a/2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the order changed (-want +got):\n%s", diff)
	}
}
