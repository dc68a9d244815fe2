package trial_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

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

func TestLongestFirst(t *testing.T) {
	long := map[string]time.Duration{"task-03": time.Minute, "task-01": time.Hour, "task-04": time.Minute}
	expected := func(task string) time.Duration { return long[task] }
	plan := trial.LongestFirst(5, 0, tasks(6), 0, 3, expected)
	random := trial.Plan(5, 0, tasks(6), 0, 3)
	for i, s := range plan {
		if got, want := s.Index, i/12; got != want {
			t.Fatalf("slot %d has index %d, want %d: rounds must not mix", i, got, want)
		}
		if i%12 > 0 && long[plan[i-1].Task] < long[s.Task] {
			t.Errorf("slot %d of the task %s comes after a shorter one", i, s.Task)
		}
		if i%2 == 0 && plan[i+1].Task != s.Task {
			t.Errorf("the arms of %s are apart", s.ID())
		}
	}
	// Tasks that take equally long, and the arms of each, stand as they do in the random order.
	alike := func(s trial.Slot) bool { return long[s.Task] != 0 }
	if diff := cmp.Diff(slices.DeleteFunc(random, alike), slices.DeleteFunc(slices.Clone(plan), alike)); diff != "" {
		t.Errorf("the order of tasks that take equally long (-random +longest first):\n%s", diff)
	}
	part := trial.LongestFirst(5, 0, []string{"task-04", "task-00", "task-01"}, 1, 2, expected)
	want := slices.DeleteFunc(slices.Clone(plan), func(s trial.Slot) bool {
		return s.Index != 1 || !slices.Contains([]string{"task-00", "task-01", "task-04"}, s.Task)
	})
	if diff := cmp.Diff(want, part); diff != "" {
		t.Errorf("a shard orders its part differently (-whole +part):\n%s", diff)
	}
}

// makespan is when the last of some workers is done with the slots, each worker taking the next one when it is free.
func makespan(workers int, slots []trial.Slot, takes func(trial.Slot) float64) float64 {
	free := make([]float64, workers)
	for _, s := range slots {
		first := slices.Index(free, slices.Min(free))
		free[first] += takes(s)
	}
	return slices.Max(free)
}

// The longest first takes less time in all than the random order, for suites of equal and of mixed tasks, although the
// expected durations are wrong by a factor that is itself random.
func TestLongestFirstTakesNoLonger(t *testing.T) {
	const workers, suites = 4, 400
	for _, tt := range []struct {
		name          string
		tasks, trials int
		spread, wrong float64 // standard deviations of the logarithms: of tasks, and of a trial around what is expected
		most          float64 // of the random order's time
	}{
		{"three tasks, one trial", 3, 1, 1, 0.4, 0.98},
		{"ten tasks, two trials", 10, 2, 1, 0.4, 0.95},
		{"ten tasks, five trials", 10, 5, 1, 0.4, 0.98},
		{"twenty wild tasks", 20, 3, 1.5, 0.6, 0.97},
		{"tasks alike", 10, 3, 0, 0.4, 1.005},
		{"expectations that say nothing", 10, 3, 0, 1, 1.005},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var planned, random float64
			for suite := range uint64(suites) {
				r := rand.New(rand.NewPCG(20261123, suite))
				median := map[string]float64{}
				expected := map[string]time.Duration{}
				for _, name := range tasks(tt.tasks) {
					median[name] = math.Exp(tt.spread * r.NormFloat64())
					said := median[name] * math.Exp(tt.wrong*r.NormFloat64())
					expected[name] = time.Duration(said * float64(time.Minute))
				}
				took := map[string]float64{}
				for _, s := range trial.Plan(0, 0, tasks(tt.tasks), 0, tt.trials) {
					took[s.ID()] = median[s.Task] * math.Exp(tt.wrong*r.NormFloat64())
				}
				takes := func(s trial.Slot) float64 { return took[s.ID()] }
				planned += makespan(workers, trial.LongestFirst(suite, 0, tasks(tt.tasks), 0, tt.trials,
					func(name string) time.Duration { return expected[name] }), takes)
				random += makespan(workers, trial.Plan(suite, 0, tasks(tt.tasks), 0, tt.trials), takes)
			}
			t.Logf("%.3f of the random order's time", planned/random)
			if planned > tt.most*random {
				t.Errorf("%.3f of the random order's time, want at most %v", planned/random, tt.most)
			}
		})
	}
}
