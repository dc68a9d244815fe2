package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/stats/simulation"
)

// small are the results of so few runs that only their shape counts.
var small = simulate(3, 1, func(string) {})

// Three runs of each cell cannot keep everything; that they do not is said on the page, one line each.
func TestPageSaysWhatFallsShort(t *testing.T) {
	misses := small.misses(0)
	if len(misses) == 0 {
		t.Fatal("three runs miss nothing")
	}
	page, err := small.page()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(page), "\n- "); got != len(misses) || !strings.Contains(string(page), "- "+misses[0]+"\n") {
		t.Errorf("%d lines of what falls short, want %d:\n%s", got, len(misses), page)
	}
	ok := small
	ok.Coverage, ok.Errors, ok.Cheaper, ok.Dearer, ok.Spend, ok.Calibration = nil, nil, nil, nil, nil, nil
	if got := ok.misses(0); len(got) != 2 {
		t.Errorf("no results at all miss %q, want both means", got)
	}
}

// Every cell that the issue names is simulated: 3 to 50 tasks, 2 to 10 trials, 30 to 90 % completed, light and heavy
// tails, and 27 cells of spending.
func TestCells(t *testing.T) {
	tasks, trials, rates, worlds := map[int]bool{}, map[int]bool{}, map[float64]bool{}, map[bool]bool{}
	for _, c := range replicated(small.Coverage) {
		tasks[c.Tasks], trials[c.Trials], rates[c.Scenario.BaseRate], worlds[c.Scenario.Heavy] = true, true, true, true
	}
	want := map[int]bool{2: true, 3: true, 5: true, 10: true}
	if !cmp.Equal(trials, want) || !tasks[3] || !tasks[50] || !rates[0.9] || !rates[0.35] || !worlds[true] || !worlds[false] {
		t.Errorf("tasks %v, trials %v, rates %v, heavy %v", tasks, trials, rates, worlds)
	}
	if got := len(replicated(small.Coverage)); got != 12*20 {
		t.Errorf("%d cells of coverage, want 240", got)
	}
	if len(small.Errors) != 60 || len(small.Spend) != 27 || len(small.Cheaper) != 60 || len(small.Dearer) != 60 || len(small.Calibration) != 10 {
		t.Errorf("%d cells of errors, %d of spending", len(small.Errors), len(small.Spend))
	}
	for _, c := range small.Few {
		if c.Scenario.BaseRate != 0.1 {
			t.Errorf("%s is bound by nothing", c.Scenario.Name)
		}
	}
}

func TestExitStatus(t *testing.T) {
	for _, args := range [][]string{{"-runs", "0"}, {"-runs", "x"}, {"-nonsense"}, {"more"}} {
		var out, errs bytes.Buffer
		if got := run(args, &out, &errs); got != 2 || errs.Len() == 0 || out.Len() != 0 {
			t.Errorf("%v: exit status %d, %q, %q; want 2 and why", args, got, out.String(), errs.String())
		}
	}
	var out, errs bytes.Buffer
	path := filepath.Join(t.TempDir(), "page.md")
	if got := run([]string{"-runs", "1", "-seed", "7", "-out", path}, &out, &errs); got != 1 || out.Len() != 0 {
		t.Errorf("one run: exit status %d, %q", got, out.String())
	}
	b, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(b), "# What simulation says") || !strings.Contains(string(b), "seed 7") {
		t.Errorf("wrote %q, %v", b, err)
	}
	if !strings.Contains(errs.String(), "simulating spending") || !strings.Contains(errs.String(), "want") {
		t.Errorf("said %q", errs.String())
	}
	if got := run([]string{"-runs", "1", "-out", filepath.Join(path, "below")}, &out, &errs); got != 2 {
		t.Errorf("a file that cannot be written: exit status %d", got)
	}
}

func TestNumbers(t *testing.T) {
	for got, want := range map[string]string{
		share(simulation.Share{}): "-", share(simulation.Share{Count: 1, Of: 2}): ".500", share(simulation.Share{Count: 2, Of: 2}): "1.000",
		table([]string{"a", "b"}, [][]string{{"1", "2"}}): "| a | b |\n| --- | --- |\n| 1 | 2 |",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
