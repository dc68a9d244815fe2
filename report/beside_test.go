package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/markup/markuptest"
	"github.com/pertask/pertask/verdict"
)

const runURL = "https://github.com/acme/agent/actions/runs/"

// beside is everything that a comment can say of its pull request, in which each string of another is s, if s is not empty.
func beside(s string) report.MarkdownOptions {
	or := func(harmless string) string {
		if s != "" {
			return s
		}
		return harmless
	}
	at := time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	usd := func(s string) price.Amount { return price.Known(price.MustMoney(s)) }
	n := func(f float64) *report.Number { x := report.Number(f); return &x }
	o := report.MarkdownOptions{
		ReportURL: reportURL, Commands: true,
		Accepted: &report.Acceptance{By: or("octocat"), Reason: or("the launch needs the new model"), Head: or("b71c0e4d2a98f3b5c6d7e8f90a1b2c3d4e5f6071"), Time: at},
		Month:    &report.MonthSpend{Spent: usd("12.4"), Checks: 31},
	}
	for i, title := range []string{"Don't switch: 2.31x as much per completed task (95 % 2.20-2.42)", "Inconclusive: 1.02x as much per completed task (95 % 0.700-1.48)", "Not measured"} {
		l := report.HistoryLine{Time: at.Add(-time.Duration(i) * 26 * time.Hour), Head: or(fmt.Sprintf("%040x", 0xb71c0e4d2a+i)), By: or("octocat"), Title: or(title), Spent: usd("1.25"), Link: or(runURL + fmt.Sprint(i+1))}
		if i < 2 {
			l.Ratio, l.Low, l.High = n([]float64{2.31, 1.02}[i]), n([]float64{2.2, 0.7}[i]), n([]float64{2.42, 1.48}[i])
		}
		o.History = append(o.History, l)
	}
	return o
}

// problemsBeside is problems but for the links of beside, too.
func problemsBeside(md string) []string {
	own := []string{"[full report](" + reportURL + ")"}
	for _, l := range beside("").History {
		own = append(own, "["+l.Time.Format("2006-01-02 15:04")+"]("+l.Link+")")
	}
	return markuptest.Problems(md, own...)
}

// TestBeside holds what a comment says of its pull request, for one suite, for several and where nothing changed.
func TestBeside(t *testing.T) {
	for _, name := range []string{"inconclusive", "two-suites", "nothing-changed"} {
		md := report.Markdown(load(t, name), beside(""))
		golden.Check(t, "testdata/beside/"+name+".md", md)
		for _, p := range problemsBeside(md) {
			t.Errorf("%s: %s", name, p)
		}
		if n := strings.Count(md, "<details><summary>History of this pull request's runs</summary>"); n != 1 {
			t.Errorf("%s: the history is there %d times", name, n)
		}
		if blocks := strings.Split(md, "\n\n"); !strings.HasPrefix(md, "**") || strings.Count(md, "**Accepted** by `octocat`") != 1 || strings.Index(md, "**Accepted** by") > strings.Index(md, "<details>") {
			t.Errorf("%s: the acceptance is not there once above every fold, after %q", name, blocks[0])
		}
	}
	o := beside("")
	o.CommandsOpen = true
	if md := report.Markdown(load(t, "nothing-changed"), o); !strings.Contains(md, "\n<details open><summary>Commands</summary>\n\n") || len(problemsBeside(md)) > 0 {
		t.Errorf("the commands are not open:\n%s", md)
	}
	many := []*report.Report{{Suite: "a", Result: verdict.NothingChanged}, {Suite: "b", Result: verdict.NothingChanged}}
	if md := report.Markdown(many, beside("")); md != report.Markdown(many[:1], beside("")) {
		t.Errorf("two suites of which nothing changed read differently from one:\n%s", md)
	}
}

// TestBesideIsOnlyInComments holds that nothing of it is said where no pull request was asked about.
func TestBesideIsOnlyInComments(t *testing.T) {
	rs := load(t, "inconclusive")
	for _, md := range []string{report.Markdown(rs, report.MarkdownOptions{}), report.Summary(rs), report.Check(rs).Summary, report.Check(rs).Text} {
		for _, s := range []string{"Commands", "History", "**Accepted**", "this month"} {
			if strings.Contains(md, s) {
				t.Errorf("%q in %.60q", s, md)
			}
		}
	}
	if c := report.Check(rs); strings.Contains(c.Text+c.Summary, "mermaid") || !strings.Contains(report.Summary(rs), "```mermaid") {
		t.Error("a chart in a check run, or none in the summary")
	}
}

// TestBesideWithinLimits holds that hostile strings stay text and the comment within its limit, and that the acceptance stays
// as long as anything does but the title.
func TestBesideWithinLimits(t *testing.T) {
	evil := "@octocat <img src=x> </details> | a | #1 `b` [x](https://evil.example) ```mermaid\n\n## x <!-- x --> $x$ \u202e " + strings.Repeat("é", 900)
	for _, s := range []string{"", evil} {
		for _, name := range []string{"two-suites", "nothing-changed", "stopped-cap"} {
			o := beside(s)
			for range 9 {
				o.History = append(o.History, o.History...)
				o.History = o.History[:min(len(o.History), 40)]
			}
			for _, limit := range []int{0, 12_000, 8_000, 2_000, 60} {
				o.MaxBytes = limit
				md := report.Markdown(load(t, name), o)
				if limit == 0 {
					limit = report.DefaultMaxBytes
				}
				if len(md) > limit || md == "" {
					t.Errorf("%s in %d: %d bytes", name, limit, len(md))
				}
				if limit >= 8_000 && !strings.Contains(md, "**Accepted** by") {
					t.Errorf("%s in %d: the acceptance is gone", name, limit)
				}
				for _, p := range problemsBeside(md) {
					t.Errorf("%s in %d: %s", name, limit, p)
				}
			}
		}
	}
}
