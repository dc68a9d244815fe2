package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/stats/simulation"
)

// small are the results of so few comparisons that only their shape counts.
var small = simulate(3, 1, func(string) {})

// shape is a page without its numbers and without what they miss.
func shape(page string) string {
	page = regexp.MustCompile(`(?s)\*\*Short of what is promised:\*\*.*?\n\n##|Everything keeps what is promised of it\.\n\n##`).ReplaceAllString(page, "##")
	var out []string
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| tasks x") || strings.HasPrefix(line, "| scenario") {
			out = append(out, line)
			continue
		}
		cells := strings.Split(line, "|")
		// What names the row, and how many cells it has.
		name := cells[1]
		if _, err := strconv.Atoi(strings.TrimSpace(cells[2])); err == nil {
			name += cells[2]
		}
		out = append(out, fmt.Sprintf("%s with %d cells\n", name, len(cells)))
	}
	// Numbers in the text: of comparisons, and the greatest and least of what the tables show.
	text := strings.Join(out, "")
	text = regexp.MustCompile(`\d+ comparisons of each cell`).ReplaceAllString(text, "N comparisons of each cell")
	text = regexp.MustCompile(`other side: .* at most`).ReplaceAllString(text, "other side: N at most")
	return regexp.MustCompile(`it saves [^ ]+ % at least`).ReplaceAllString(text, "it saves N % at least")
}

// The page in docs is what this program writes: the same text, the same rows and columns, from at least 2,000 comparisons
// of each cell, with nothing short of what is promised.
func TestPageIsCurrent(t *testing.T) {
	b, err := os.ReadFile(filepath.FromSlash("../../../docs/simulation.md"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := small.page()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shape(string(page)), shape(string(b))); diff != "" {
		t.Errorf("docs/simulation.md is not what make simulate writes (-want +got):\n%s", diff)
	}
	m := regexp.MustCompile(`tables: (\d+) comparisons of each cell`).FindSubmatch(b)
	if m == nil {
		t.Fatal("docs/simulation.md does not say how many comparisons it is of")
	}
	if n, err := strconv.Atoi(string(m[1])); err != nil || n < 2000 {
		t.Errorf("docs/simulation.md is of %s comparisons of each cell, want at least 2000", m[1])
	}
	if !bytes.Contains(b, []byte("\nEverything keeps what is promised of it.\n")) {
		t.Error("docs/simulation.md says that something falls short")
	}
}

// Three comparisons of each cell cannot keep everything; that they do not is said on the page, one line each.
func TestPageSaysWhatFallsShort(t *testing.T) {
	misses := small.misses(0)
	if len(misses) == 0 {
		t.Fatal("three comparisons miss nothing")
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
