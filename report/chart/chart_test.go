package chart_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/pertask/pertask/report/chart"
	"github.com/pertask/pertask/report/markup/markuptest"
)

func TestFence(t *testing.T) {
	c := chart.XY{Title: "Cost of a trial", Axis: "head by base", Categories: []string{"fix \"it\"", "fix-date-parser-and-more", "fix-date-parser-and-less", "", "a\nb"},
		Series: []chart.Series{{Bars: true, Values: []float64{0.5, 12.345, 1234, 0, 2e-7}}, {Values: []float64{1, 1, 1, 1, -1}}}}
	want := "```mermaid\nxychart-beta\n    title \"Cost of a trial\"\n" +
		"    x-axis [\"fix _it_\", \"fix-date-parser-\", \"fix-date-pa 2\", \"2\", \"a_b\"]\n" +
		"    y-axis \"head by base\" -1.05 --> 1296\n    bar [0.5, 12.35, 1234, 0, 0.0000002]\n    line [1, 1, 1, 1, -1]\n```"
	if got := c.Fence(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if p := markuptest.Problems(c.Fence()); len(p) > 0 {
		t.Error(p)
	}
}

func TestNothingToDraw(t *testing.T) {
	two := []string{"a", "b"}
	for name, c := range map[string]chart.XY{
		"empty":            {},
		"one category":     {Categories: two[:1], Series: []chart.Series{{Values: []float64{1}}}},
		"no series":        {Categories: two},
		"all zero":         {Categories: two, Series: []chart.Series{{Values: []float64{0, 0}}}},
		"too short":        {Categories: two, Series: []chart.Series{{Values: []float64{1}}}},
		"too long":         {Categories: two, Series: []chart.Series{{Values: []float64{1, 2, 3}}}},
		"no statement":     {Categories: two, Series: []chart.Series{{Values: []float64{1, math.NaN()}}}},
		"without an end":   {Categories: two, Series: []chart.Series{{Values: []float64{1, math.Inf(1)}}}},
		"one of two fails": {Categories: two, Series: []chart.Series{{Values: []float64{1, 2}}, {Values: []float64{1, math.Inf(-1)}}}},
	} {
		if got := c.Fence(); got != "" {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}

// TestMost holds that no more categories are drawn than can be told apart, and that equal names stay apart.
func TestMost(t *testing.T) {
	var c chart.XY
	c.Title, c.Axis, c.Series = "a", "b", []chart.Series{{}}
	for i := range 100 {
		c.Categories = append(c.Categories, "the same name for all of them")
		c.Series[0].Values = append(c.Series[0].Values, float64(i))
	}
	line := strings.Split(c.Fence(), "\n")[3]
	seen := map[string]bool{}
	for _, l := range strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "    x-axis ["), "]"), ", ") {
		seen[l] = true
	}
	if len(seen) != chart.Most {
		t.Errorf("%d names, want %d: %s", len(seen), chart.Most, line)
	}
}

// FuzzFence holds that no name of a category gets out of its quotes.
func FuzzFence(f *testing.F) {
	for _, s := range []string{"", "a", `"`, "]\n```", "%%{init: {}}%%", "#quot;", "a, b", "\u202e", strings.Repeat("é", 99)} {
		f.Add(s, 1.5)
	}
	f.Fuzz(func(t *testing.T, s string, v float64) {
		c := chart.XY{Title: "t", Axis: "a", Categories: []string{s, s, "x"}, Series: []chart.Series{{Values: []float64{v, 1, 2}}}}
		got := c.Fence()
		if got == "" {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				t.Error("nothing drawn")
			}
			return
		}
		if math.Abs(v) < 1e15 {
			for _, p := range markuptest.Problems(got) {
				t.Error(p)
			}
		}
		if n := strings.Count(got, "\n"); n != 6 {
			t.Errorf("%d line ends: %s", n, fmt.Sprintf("%q", got))
		}
	})
}
