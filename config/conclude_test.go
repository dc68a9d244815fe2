package config_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/internal/strict"
)

const someSuite = "version: 1\nsuite: evals/suite.yaml\n"

func TestPlan(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		tasks      int
		looks      []int
		finding    string
	}{
		{"the default", "", 12, []int{2, 3, 5, 8, 13, 20}, ""},
		{"few tasks", "", 3, []int{5, 8, 13, 20}, ""},
		{"one task", "", 1, []int{8, 13, 20}, ""},
		{"many tasks", "", 89, []int{2, 3, 5, 8}, ""},
		{"one trial each", "run: {max_trials: 1}\n", 10, []int{1}, ""},
		{"tasks like these", "verdict: {scope: population}\n", 10, []int{2, 3, 5, 8, 13, 20}, ""},
		{"a strict guard", "verdict: {pass_guard: strict}\n", 3, []int{5, 8, 13, 20}, ""},
		{"a strict guard, one trial each", "run: {max_trials: 1}\nverdict: {pass_guard: strict}\n", 30, []int{1}, ""},
		{"a margin within reach", "verdict: {equivalence_margin: 0.1}\n", 12, []int{2, 3, 5, 8, 13, 20}, ""},
		{"a margin out of reach", "run: {max_trials: 5}\nverdict:\n  equivalence_margin: 0.02\n", 3, []int{5}, "5 trials of each of 3 tasks show a ratio within a margin of 0.095"},
		{"a margin for tasks like these", "verdict: {equivalence_margin: 0.001, scope: population}\n", 12, []int{2, 3, 5, 8, 13, 20}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := load([]byte(someSuite + tt.text))
			if err != nil {
				t.Fatal(err)
			}
			plan, err := c.Plan("evals/suite.yaml", tt.tasks)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(plan.Looks, tt.looks) {
				t.Errorf("looks %v, want %v", plan.Looks, tt.looks)
			}
			switch {
			case tt.finding == "" && len(plan.Findings) > 0, tt.finding != "" && len(plan.Findings) != 1:
				t.Errorf("findings %+v, want %q", plan.Findings, tt.finding)
			case tt.finding != "":
				f := plan.Findings[0]
				if !strings.Contains(f.Text, tt.finding) || f.Path != config.Path || f.Line != 5 || f.Withhold {
					t.Errorf("finding %+v, want one of line 5 with %q that withholds nothing", f, tt.finding)
				}
			}
		})
	}
}

// TestPlanRefuses holds that a policy which can never conclude is a mistake with a place and a way out, and that the way
// out is one.
func TestPlanRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		tasks      int
		want       string
		fixed      string // the text with the way out
		more       int    // or the number of tasks
	}{
		{"too few trials", "run: {max_trials: 2}\n", 3, ".github/pertask.yml:3:19: max_trials: 2 trials of each of 3 tasks can decide nothing; max_trials of 5 or more, or 10 tasks or more",
			"run: {max_trials: 5}\n", 10},
		{"too few trials for one task", "run: {max_trials: 5}\n", 1, ":3:19: max_trials: 5 trials of each of 1 task can decide nothing; max_trials of 6 or more, or 2 tasks or more",
			"run: {max_trials: 6}\n", 2},
		{"one trial", "run:\n  max_trials: 1\n", 9, ":4:15: max_trials: 1 trial of each task speaks about tasks like these only, and 9 tasks can decide nothing about those; max_trials of 3 or more, or 10 tasks or more",
			"run: {max_trials: 3}\n", 10},
		{"tasks like these", "verdict: {mode: block, scope: population}\n", 9, ":3:31: scope: 9 tasks can decide nothing about tasks like these; scope: suite, or 10 tasks or more",
			"verdict: {mode: block, scope: suite}\n", 10},
		{"no drop may be excluded", "verdict: {max_completion_drop: 0, pass_guard: strict}\n", 12, ":3:32: max_completion_drop: with pass_guard strict no verdict is ever switch: even when all of 20 trials of each of 12 tasks complete in both arms, a drop of 0.00",
			"verdict: {max_completion_drop: 0.01, pass_guard: strict}\n", 0},
		{"a small drop", "run: {max_trials: 5}\nverdict: {max_completion_drop: 0.05, pass_guard: strict}\n", 3, "pass_guard: lenient, or max_trials of 9 or more",
			"run: {max_trials: 9}\nverdict: {max_completion_drop: 0.05, pass_guard: strict}\n", 0},
		{"the default drop, strict", "run: {max_trials: 6}\nverdict: {pass_guard: strict}\n", 1, ":4:23: max_completion_drop",
			"run: {max_trials: 20}\nverdict: {pass_guard: strict}\n", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := load([]byte(someSuite + tt.text))
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Plan("evals/suite.yaml", tt.tasks)
			var es strict.Errors
			if !errors.As(err, &es) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want an error with a place and %q", err, tt.want)
			}
			fixed, err := load([]byte(someSuite + tt.fixed))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := fixed.Plan("evals/suite.yaml", tt.tasks); err != nil {
				t.Errorf("with the way out: %v", err)
			}
			if tt.more > 0 {
				if _, err := c.Plan("evals/suite.yaml", tt.more); err != nil {
					t.Errorf("with more tasks: %v", err)
				}
			}
		})
	}
}

// TestPlanPlaces holds where a mistake is placed whose key is not written.
func TestPlanPlaces(t *testing.T) {
	c, err := load([]byte("version: 1\nsuites:\n  - {name: a, path: a.yaml}\n  - {name: b, path: b.yaml}\nrun: {max_trials: 1}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Plan("b.yaml", 2); err == nil || !strings.HasPrefix(err.Error(), config.Path+":5:19: ") {
		t.Errorf("got %v", err)
	}
	c, err = load([]byte("version: 1\nsuites:\n  - {name: a, path: a.yaml}\n  - {name: b, path: b.yaml}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Plan("b.yaml", 0); err == nil || !strings.HasPrefix(err.Error(), config.Path+":4:21: ") {
		t.Errorf("a suite without tasks: %v", err)
	}
	d := config.Default()
	if _, err := d.Plan("b.yaml", 0); err == nil || !strings.HasPrefix(err.Error(), config.Path+":1:1: ") {
		t.Errorf("without a file: %v", err)
	}
}

// TestPlanOfAReserve holds that the largest reserve that a file can ask for leaves enough, and one beyond it does not.
func TestPlanOfAReserve(t *testing.T) {
	c, err := load([]byte(someSuite + "run: {max_trials: 6}\nverdict: {extension_reserve: 0.049}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Plan("evals/suite.yaml", 1); err != nil {
		t.Errorf("refused: %v", err)
	}
	c.Verdict.ExtensionReserve = 0.05 - 1e-14
	if _, err := c.Plan("evals/suite.yaml", 1); err == nil || !strings.HasPrefix(err.Error(), config.Path+":4:30: extension_reserve: ") {
		t.Errorf("got %v", err)
	}
}

// TestPlanOfEverySize holds that every suite can be planned by default, with looks that grow up to the cap.
func TestPlanOfEverySize(t *testing.T) {
	c := config.Default()
	for tasks := 1; tasks <= 200; tasks++ {
		for _, most := range []int{1, 2, 3, 5, 6, 20, 100} {
			c.Run.MaxTrials = most
			plan, err := c.Plan("", tasks)
			if err != nil {
				if tasks >= 10 || most > 5 {
					t.Errorf("%d tasks, %d trials: %v", tasks, most, err)
				}
				continue
			}
			if !slices.IsSorted(plan.Looks) || plan.Looks[len(plan.Looks)-1] > most {
				t.Errorf("%d tasks: looks %v beyond %d", tasks, plan.Looks, most)
			}
			if most == 1 && fmt.Sprint(plan.Looks) != "[1]" {
				t.Errorf("%d tasks, one trial: looks %v", tasks, plan.Looks)
			}
		}
	}
}
