package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// small are the results of so few histories that only their shape counts.
var small = simulate(2, 1, func(string) {})

// shape is a page without its numbers and without what they miss.
func shape(page string) string {
	page = regexp.MustCompile(`(?s)\*\*Short of what is promised:\*\*.*?\n\n##|Everything keeps what is promised of it\.\n\n##`).ReplaceAllString(page, "##")
	var out []string
	for line := range strings.Lines(page) {
		if cells := strings.Split(line, "|"); strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| ---") && !strings.HasPrefix(line, "| method") {
			line = fmt.Sprintf("%s with %d cells\n", cells[1], len(cells)) // what names the row
		}
		out = append(out, line)
	}
	text := strings.Join(out, "")
	text = regexp.MustCompile(`\d+ histories of each world`).ReplaceAllString(text, "N histories of each world")
	text = regexp.MustCompile(`In the mean it is .*\)\. Both`).ReplaceAllString(text, "In the mean it is N. Both")
	text = regexp.MustCompile(`It is at most .*\)\.`).ReplaceAllString(text, "It is at most N.")
	return regexp.MustCompile(`[\d-]+ % where`).ReplaceAllString(text, "N % where")
}

// The page in docs is what this program writes: the same text, the same rows and columns, from at least 1,000 histories of
// each world, with nothing short of what is promised.
func TestPageIsCurrent(t *testing.T) {
	b, err := os.ReadFile(filepath.FromSlash("../../../docs/followup.md"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := small.page()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shape(string(page)), shape(string(b))); diff != "" {
		t.Errorf("docs/followup.md is not what make simulate writes (-want +got):\n%s", diff)
	}
	m := regexp.MustCompile(`tables: (\d+) histories of each world`).FindSubmatch(b)
	if m == nil {
		t.Fatal("docs/followup.md does not say how many histories it is of")
	}
	if n, err := strconv.Atoi(string(m[1])); err != nil || n < 1000 {
		t.Errorf("docs/followup.md is of %s histories of each world, want at least 1000", m[1])
	}
	if !bytes.Contains(b, []byte("\nEverything keeps what is promised of it.\n")) {
		t.Error("docs/followup.md says that something falls short")
	}
}

// Two histories of each world cannot keep everything; that they do not is said on the page, one line each.
func TestPageSaysWhatFallsShort(t *testing.T) {
	misses := small.Misses()
	if len(misses) == 0 {
		t.Fatal("two histories miss nothing")
	}
	page, err := small.page()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(page), "\n- "); got != len(misses) || !strings.Contains(string(page), "- "+misses[0]+"\n") {
		t.Errorf("%d lines of what falls short, want %d:\n%s", got, len(misses), page)
	}
	none := small
	none.Grid = nil
	if got := none.Misses(); len(got) != 1 {
		t.Errorf("no results at all miss %q", got)
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
	if !strings.Contains(errs.String(), "simulating the grid") || !strings.Contains(errs.String(), "want") {
		t.Errorf("said %q", errs.String())
	}
	if got := run([]string{"-runs", "1", "-out", filepath.Join(path, "below")}, &out, &errs); got != 2 {
		t.Errorf("a file that cannot be written: exit status %d", got)
	}
}

// Rows are kinds of worlds and columns are sizes, each in the order it comes; a cell that was not simulated is empty.
func TestCross(t *testing.T) {
	counts := small.pairs()
	got := strings.Split(small.CoverageTable(), "\n")
	if want := "| amounts before + after | 12+12 | 12+60 | 60+12 | 25+25 | 40+40 | 60+60 |"; got[0] != want {
		t.Errorf("head %q, want %q", got[0], want)
	}
	kinds := map[string]bool{}
	for _, c := range counts {
		kinds[rest(c.World)] = true
	}
	if len(got) != 2+len(kinds) || !strings.HasPrefix(got[2], "| normal | ") {
		t.Errorf("%d lines, want %d; %q", len(got), 2+len(kinds), got[2])
	}
	for i, line := range got {
		if strings.Count(line, "|") != 8 {
			t.Errorf("line %d is %q", i+1, line)
		}
	}
}

func TestNumbers(t *testing.T) {
	for got, want := range map[string]string{
		share(0.5): ".500", share(1): "1.000", share(0): ".000", number(1.666): "1.67", share(math.NaN()): "-", number(math.NaN()): "-",
		table([]string{"a", "b"}, [][]string{{"1", "2"}}): "| a | b |\n| --- | --- |\n| 1 | 2 |",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
