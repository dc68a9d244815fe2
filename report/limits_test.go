package report_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// huge is the recorded comparison with 3,000 tasks.
func huge(t *testing.T) *report.Report {
	t.Helper()
	r := one(t, "dont-switch")
	tasks := r.Tasks
	r.Tasks = nil
	for i := range 3000 {
		task := tasks[i%len(tasks)]
		task.ID = fmt.Sprintf("%04d-%s", i, task.ID)
		r.Tasks = append(r.Tasks, task)
	}
	return r
}

func TestMarkdownLimits(t *testing.T) {
	whole := []*report.Report{huge(t)}
	many := make([]*report.Report, 60)
	for i := range many {
		many[i] = one(t, "switch")
	}
	for _, c := range []struct {
		name    string
		reports []*report.Report
	}{{"huge", whole}, {"hostile", load(t, "hostile")}, {"explained", load(t, "mixed-segments")}, {"few passes", load(t, "zero-passes-benefit")}, {"60 suites", many}, {"two suites", load(t, "two-suites")}, {"no suite", nil}} {
		for _, limit := range []int{0, 30_000, 8_000, 3_000, 1_000, 100, 10} {
			t.Run(fmt.Sprintf("%s in %d", c.name, limit), func(t *testing.T) {
				md := report.Markdown(c.reports, report.MarkdownOptions{MaxBytes: limit, ReportURL: reportURL})
				if limit == 0 {
					limit = report.DefaultMaxBytes
				}
				if len(md) > limit || md == "" {
					t.Fatalf("%d bytes, want 1 to %d", len(md), limit)
				}
				if limit >= 1000 && !strings.HasPrefix(md, "**") {
					t.Errorf("the answer is not first: %.80q", md)
				}
				for _, p := range problems(md) {
					t.Error(p)
				}
			})
		}
	}
}

// TestShortened holds what a shortened table says, and that it uses the room that it has.
func TestShortened(t *testing.T) {
	md := report.Markdown([]*report.Report{huge(t)}, report.MarkdownOptions{ReportURL: reportURL})
	if len(md) < report.DefaultMaxBytes-200 {
		t.Errorf("only %d of %d bytes are used", len(md), report.DefaultMaxBytes)
	}
	if !strings.Contains(md, "whose cost changed most. The other ") || !strings.Contains(md, "are in the [full report]("+reportURL+")") {
		t.Error("the comment does not say where the rest is")
	}
	short := report.Markdown(load(t, "dont-switch"), report.MarkdownOptions{MaxBytes: 6_000})
	golden.Check(t, "testdata/shortened.md", short)
	const none = "The table of 165 tasks is in the job summary and in `report.json`."
	for limit := 6_000; ; limit -= 50 {
		md := report.Markdown(load(t, "dont-switch"), report.MarkdownOptions{MaxBytes: limit})
		if strings.Contains(md, none) {
			break
		}
		if !strings.Contains(md, "| `") {
			t.Fatalf("at %d bytes the table is gone without a word:\n%s", limit, md)
		}
	}
}

// TestExplanationsGoFirst holds that as a comment gets shorter what explains a verdict in full goes before any task of the
// table, and that the answer, its bars and what would flip it stay as long as the table does.
func TestExplanationsGoFirst(t *testing.T) {
	r := one(t, "decided-early")
	for _, x := range r.Tasks[:4] {
		for i := range 40 {
			x.ID = fmt.Sprintf("%s-%d", x.ID, i)
			r.Tasks = append(r.Tasks, x)
			r.Why.Tasks = append(r.Why.Tasks, report.NamedEffect{Name: x.ID, Effect: r.Why.Mix})
		}
	}
	whole := report.Markdown([]*report.Report{r}, report.MarkdownOptions{})
	if got := strings.Count(whole, "whose cost changed most") + strings.Count(whole, " more in the job summary"); got != 1 {
		t.Errorf("%d notes on what is left out, want the one on the tasks beyond 20", got)
	}
	folds := func(md string) int {
		return strings.Count(md, "<summary>Why it moved") + strings.Count(md, "<summary>Looks") + strings.Count(md, "<summary>Net benefit")
	}
	some, none := false, false
	for limit := len(whole); limit > 4_000; limit -= 400 {
		md := report.Markdown([]*report.Report{r}, report.MarkdownOptions{MaxBytes: limit})
		short := strings.Contains(md, "whose cost changed most")
		if short && folds(md) > 0 {
			t.Fatalf("at %d bytes the table of tasks is cut, and the parts are not gone:\n%s", limit, md)
		}
		if short && (!strings.Contains(md, "```text") || !strings.Contains(md, "**What would flip it:**")) {
			t.Fatalf("at %d bytes bars or break-evens are gone before the table:\n%s", limit, md)
		}
		some = some || folds(md) == 3 && strings.Count(md, " more in the job summary") > 1
		none = none || short
		for _, p := range problems(md) {
			t.Fatalf("at %d bytes: %s", limit, p)
		}
	}
	if !some || !none {
		t.Errorf("parts cut: %t, table cut: %t; want both on the way down", some, none)
	}
}

func TestSummaryHasFullTables(t *testing.T) {
	md := report.Summary([]*report.Report{huge(t)})
	if got := strings.Count(md, "\n| `"); got != 3000 {
		t.Errorf("%d rows, want 3000", got)
	}
	many := make([]*report.Report, 8)
	for i := range many {
		many[i] = huge(t)
	}
	if got := len(report.Summary(many)); got > 1_000_000 || got < 900_000 {
		t.Errorf("%d bytes, want a little less than 1,000,000", got)
	}
}

func TestCheckLimits(t *testing.T) {
	r := huge(t)
	for i := range 400 {
		r.Findings = append(r.Findings, verdict.Finding{Code: "x", Text: strings.Repeat("é", 900), Path: "a.yaml", Line: i + 1})
		r.NextSteps = append(r.NextSteps, strings.Repeat("日", 900))
	}
	c := report.Check([]*report.Report{r})
	if len(c.Summary) > 65_535 || len(c.Text) > 65_535 || len(c.Text) < 1000 || len(c.Summary) < 1000 {
		t.Errorf("summary of %d and text of %d bytes, want 1,000 to 65,535", len(c.Summary), len(c.Text))
	}
	if len(c.Annotations) != 50 {
		t.Errorf("%d annotations, want the 50 that fit a request", len(c.Annotations))
	}
	for _, a := range c.Annotations {
		if len(a.Message) > 64<<10 || utf8.RuneCountInString(a.Title) > 255 {
			t.Errorf("too long: %+v", a)
		}
	}
	for _, p := range append(problems(c.Summary), problems(c.Text)...) {
		t.Error(p)
	}
}
