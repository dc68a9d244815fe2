package simulation_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/stats/simulation"
)

// recorded reads testdata/agent.csv: for each model the trials of each task. A model with a cost that was not recorded
// is left out.
func recorded(t *testing.T) (known [][3][]stats.Obs) {
	t.Helper()
	f, err := os.Open("testdata/agent.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 109 {
		t.Fatalf("%d rows, want a head and 108", len(rows))
	}
	var models [12][3][]stats.Obs
	var unknown [12]bool
	for _, row := range rows[1:] {
		model, err1 := strconv.Atoi(row[0])
		task, err2 := strconv.Atoi(row[1])
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if row[2] == "" {
			unknown[model-1] = true
			continue
		}
		cost, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		models[model-1][task-1] = append(models[model-1][task-1], stats.Obs{Cost: cost, Completed: row[3] == "1"})
	}
	for i, m := range models {
		if !unknown[i] {
			known = append(known, m)
		}
	}
	if len(known) != 9 {
		t.Fatalf("%d models with known costs, want 9", len(known))
	}
	return known
}

// rule is the default one for a suite of so many tasks.
func rule(t *testing.T, tasks int) stats.Rule {
	t.Helper()
	looks, err := stats.Schedule(tasks, 20)
	if err != nil {
		t.Fatal(err)
	}
	return stats.DefaultRule(looks)
}

// An arm of real recorded trials, compared with itself, gets a false verdict in no more than 5 % of comparisons, with
// the whole sequential rule and without its futility: nine suites of three tasks, and suites of six to 27 that the
// models' tasks make together.
func TestRecordedArmsAgainstThemselves(t *testing.T) {
	suites := map[string][][]stats.Obs{}
	var all [][]stats.Obs
	for i, model := range recorded(t) {
		suites[fmt.Sprintf("model %d", i+1)] = model[:]
		all = append(all, model[:]...)
	}
	for _, size := range []int{6, 9, 12} {
		n := 0
		for tasks := range slices.Chunk(all, size) {
			n++
			suites[fmt.Sprintf("%d tasks, %d", size, n)] = tasks
		}
	}
	suites["27 tasks"] = all
	const runs = 400
	var together [2]simulation.Share
	for name, tasks := range suites {
		for i, futility := range []float64{0.2, 0} {
			r := rule(t, len(tasks))
			r.Futility = futility
			got, err := simulation.Resample(tasks, r, runs, 1)
			if err != nil {
				t.Fatal(err)
			}
			wrong := got.False()
			if limit := 0.05 + 3*wrong.SE(0.05); wrong.Of != runs || !(wrong.Value() <= limit) || got.Missed.Value() > limit {
				t.Errorf("%s, futility %v: %v false verdicts and %v intervals without 1, want at most %v", name, futility, wrong.Value(), got.Missed.Value(), limit)
			}
			together[i].Count += wrong.Count
			together[i].Of += wrong.Of
		}
	}
	for i, s := range together {
		t.Logf("%d: %d false verdicts of %d", i, s.Count, s.Of)
		if limit := 0.05 + 2*s.SE(0.05); !(s.Value() <= limit) {
			t.Errorf("all together: %v false verdicts, want at most %v", s.Value(), limit)
		}
		if s.Count == 0 {
			t.Error("no false verdict at all: the comparisons decide nothing")
		}
	}
}

// What Resample counts as false does happen where the rule allows it.
func TestResampleSeesVerdicts(t *testing.T) {
	loose := rule(t, 27)
	loose.Alpha = 0.6
	var all [][]stats.Obs
	for _, model := range recorded(t) {
		all = append(all, model[:]...)
	}
	got, err := simulation.Resample(all, loose, 200, 1)
	if err != nil {
		t.Fatal(err)
	}
	if v := got.False().Value(); v < 0.3 || v > 0.7 || got.Cheaper.Count == 0 || got.Dearer.Count == 0 || got.Cheaper.Of != 200 {
		t.Errorf("at an error of 0.6: %+v", got)
	}
	if !(got.SE > 0.01 && got.SE < 1) || got.Spend < 2 || got.Spend > 20 || got.Undefined.Count != 0 {
		t.Errorf("%+v", got)
	}
}

func TestResampleOfNothing(t *testing.T) {
	one, two := []stats.Obs{{Cost: 1, Completed: true}}, []stats.Obs{{Cost: 1, Completed: true}, {Cost: 2}}
	good := stats.DefaultRule([]int{2, 3})
	tests := []struct {
		name  string
		tasks [][]stats.Obs
		rule  stats.Rule
		want  error
	}{
		{"no tasks", nil, good, stats.ErrShape},
		{"a task without trials", [][]stats.Obs{two, nil}, good, stats.ErrShape},
		{"a cost that is none", [][]stats.Obs{{{Cost: math.NaN()}, {Cost: 1}}}, good, stats.ErrShape},
		{"one trial of each task", [][]stats.Obs{one, one}, good, stats.ErrNoReplicates},
		{"a look after one trial", [][]stats.Obs{two, two}, stats.DefaultRule([]int{1, 2}), stats.ErrNoReplicates},
		{"no rule", [][]stats.Obs{two, two}, stats.Rule{}, stats.ErrRule},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := simulation.Resample(test.tasks, test.rule, 3, 1); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
	free := [][]stats.Obs{{{Completed: true}, {}}, {{}, {}}}
	got, err := simulation.Resample(free, good, 10, 1)
	if err != nil || got.Undefined.Count != 10 || got.False().Count != 0 || got.Missed.Count != 0 {
		t.Errorf("an arm that costs nothing: %+v, %v; want nothing said", got, err)
	}
}
