package html_test

import (
	"fmt"
	"html"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
)

var (
	figures  = regexp.MustCompile(`(?s)<figure>(.*?)</figure>`)
	headings = regexp.MustCompile(`<figcaption><strong>(.*?)</strong>`)
	labels   = regexp.MustCompile(`<svg class="plot (wide|narrow)"[^>]* aria-label="([^"]*)"`)
	cells    = regexp.MustCompile(`<t[dh](?: scope="row")?>(.*?)</t[dh]>`)
)

// drawing is a plot of a page.
type drawing struct {
	alt   string   // what it says for those who do not see it
	cells []string // of its table
	all   string
}

// drawings are the plots of a page of one report, by title.
func drawings(t *testing.T, page string) map[string]drawing {
	t.Helper()
	out := map[string]drawing{}
	for _, f := range figures.FindAllStringSubmatch(page, -1) {
		title := headings.FindStringSubmatch(f[1])
		if title == nil {
			t.Fatalf("a plot without a title: %.200s", f[1])
		}
		d := drawing{all: f[1]}
		for _, l := range labels.FindAllStringSubmatch(f[1], -1) {
			says := html.UnescapeString(l[2])
			if d.alt != "" && d.alt != says {
				t.Errorf("%s: two drawings of one plot say %q and %q", title[1], d.alt, says)
			}
			d.alt = says
		}
		for _, c := range cells.FindAllStringSubmatch(f[1], -1) {
			d.cells = append(d.cells, html.UnescapeString(c[1]))
		}
		out[title[1]] = d
	}
	return out
}

// The titles of the plots.
const (
	costs  = "Cost per completed task"
	ratios = "How many times as much a completed task costs"
	whys   = "What the change is made of"
	tokens = "Tokens of a trial by class"
	tasks  = "Cost of a trial of each task"
	looks  = "The ratio at each look"
)

// TestEveryPlotHasWordsAndNumbers holds that each plot is drawn twice, with words for those who do not see it and a table of
// its numbers.
func TestEveryPlotHasWordsAndNumbers(t *testing.T) {
	for name, rs := range fixtures(t) {
		for _, r := range rs {
			for title, d := range drawings(t, render(t, r)) {
				wide, narrow := strings.Count(d.all, `"plot wide"`), strings.Count(d.all, `"plot narrow"`)
				if wide != narrow || wide > 1 || wide == 1 && !strings.HasPrefix(d.alt, title+": ") || len(d.cells) < 2 {
					t.Errorf("%s, %s: %d wide and %d narrow, %q, %d cells", name, title, wide, narrow, d.alt, len(d.cells))
				}
				if wide == 0 && !strings.Contains(d.all, "is not known") {
					t.Errorf("%s, %s: not drawn, without a word on why", name, title)
				}
			}
		}
	}
}

// TestPlotsSay holds what the plots of reports say that are unlike each other.
func TestPlotsSay(t *testing.T) {
	all := fixtures(t)
	for _, c := range []struct {
		fixture, title string
		change         func(*report.Report)
		alt            string // what the words end with; "" for a plot that is left out
		cell           string // one of the table's
	}{
		{"switch", costs, nil, "base $0.489; head $0.246.", "$0.182 to $0.325"},
		{"zero-passes", costs, nil, "base $0.268; head at least $0.608.", "at least $0.608"},
		{"zero-passes", costs, func(r *report.Report) { r.Ratio.Low = 0 }, "base $0.268; head none completed.", "none completed"},
		{"zero-passes", costs, func(r *report.Report) { n := report.Number(0.7); r.Head.AtLeast = &n }, "head at least $0.700.", "at least $0.700"},
		{"switch", costs, func(r *report.Report) { r.Ratio.High = report.Number(math.Inf(1)) }, "head $0.246.", "at least $0.182"},
		{"switch", costs, func(r *report.Report) { r.Head.CostPerTask.Status = price.LowerBound }, "head at least $0.246.", "at least $0.246"},
		{"switch", costs, func(r *report.Report) { r.Ratio.Estimate = 0.7 }, "base $0.489; head $0.246.", ""}, // another ratio's interval
		{"not-measured", costs, nil, "", ""},
		{"switch", ratios, nil, "on this suite 0.503x (0.372-0.664); tasks like these 0.503x (0.312-0.805).", "0.312-0.805"},
		{"dont-switch", ratios, nil, ": tasks like these 2.66x (1.70-4.15).", "1.70-4.15"},
		{"zero-passes", ratios, nil, "on this suite at least 2.27.", "at least 2.27"},
		{"mixed-segments", ratios, nil, "labelled backend 0.900x (at least 0.500).", "labelled backend"},
		{"switch", ratios, func(r *report.Report) { r.Ratio = nil }, "", ""},
		{"mixed-segments", whys, nil, "completion 1.09x, +$0.0406; all together 0.951x, -$0.0240.", "all together"},
		{"switch", whys, nil, "", ""},
		{"switch", tokens, nil, "base 216k; head 200k.", "cached input"},
		{"switch", tokens, func(r *report.Report) { r.Head.TokensPerTrial.Output = report.Number(math.NaN()) }, "", ""},
		{"switch", tokens, func(r *report.Report) {
			r.Base.TokensPerTrial, r.Head.TokensPerTrial = report.Tokens{}, report.Tokens{}
		}, "", ""},
		{"switch", tasks, nil, "rename-module $0.192 -> $0.0868.", "2.09x lower"},
		{"dont-switch", tasks, nil, "Of 165 tasks, 77 are dearer at the head and 88 are cheaper.", "4.7x higher"},
		{"stopped-cap", looks, nil, "20 trials per task 1.42x (0.790-2.41).", "0.770-2.40"},
		{"switch", looks, nil, "", ""},
	} {
		t.Run(c.fixture+"/"+c.title, func(t *testing.T) {
			r := *all[c.fixture][0]
			if r.Ratio != nil {
				q := *r.Ratio
				r.Ratio = &q
			}
			if c.change != nil {
				c.change(&r)
			}
			d, there := drawings(t, render(t, &r))[c.title]
			if there != (c.alt != "") || !strings.HasSuffix(d.alt, c.alt) {
				t.Errorf("got %q, want it to end with %q", d.alt, c.alt)
			}
			found := c.cell == ""
			for _, cell := range d.cells {
				found = found || cell == c.cell
			}
			if !found {
				t.Errorf("no %q in %q", c.cell, d.cells)
			}
		})
	}
}

// TestManyTasks holds when tasks become points, that the words name twelve, and what is said of tasks without a cost.
func TestManyTasks(t *testing.T) {
	all := fixtures(t)
	for n, rows := range map[int]bool{12: true, 13: true, 24: true, 25: false, 200: false} {
		rs := many(all["stopped-cap"], n)
		d := drawings(t, render(t, rs...))[tasks]
		if got := strings.Contains(d.alt, "$0.258 -> $0.321"); got != rows {
			t.Errorf("%d tasks: rows %t, want %t: %q", n, got, rows, d.alt)
		}
		if more := fmt.Sprintf("%d more in the table.", n-12); rows && n > 12 && !strings.HasSuffix(d.alt, more) {
			t.Errorf("%d tasks: %q does not end with %q", n, d.alt, more)
		}
		if len(d.cells) < 5*n {
			t.Errorf("%d tasks: %d cells", n, len(d.cells))
		}
	}
	rs := many(all["stopped-cap"], 30)
	rs[0].Tasks[3].Head.Cost.Amount = price.Amount{}
	if d := drawings(t, render(t, rs...))[tasks]; !strings.HasSuffix(d.alt, "; 1 without a cost on both sides is not drawn.") {
		t.Errorf("a task without a cost: %q", d.alt)
	}
}
