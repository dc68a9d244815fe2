package report_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

func TestTitle(t *testing.T) {
	for _, c := range []struct{ fixture, want string }{
		{"dont-switch", "Don't switch: 2.66x as much per completed task (95 % 1.70-4.15)"},
		{"switch", "Switch: 0.503x as much per completed task (95 % 0.372-0.664)"},
		{"inconclusive", "Inconclusive: 1.41x as much per completed task (99.6 % 0.773-2.67)"},
		{"zero-passes", "Don't switch: no passes in 15 trials of the head"},
		{"unknown-price", "Inconclusive"},
		{"not-measured", "Not measured"},
		{"nothing-changed", "No model setting changed"},
		{"accepted", "Accepted"},
		{"bad-input", "Configuration error"},
		{"two-suites", "Inconclusive (1 of 2 suites): 1.41x as much per completed task"},
		{"hostile", "Switch: 0.503x as much per completed task (95 % 0.372-0.664)"},
	} {
		got := report.Title(load(t, c.fixture))
		if got != c.want || len(got) > 80 {
			t.Errorf("%s: got %q, want %q", c.fixture, got, c.want)
		}
	}
	if got, want := report.Title(nil), "Not measured"; got != want {
		t.Errorf("no suite: got %q, want %q", got, want)
	}
}

// TestTitleWorst holds that the result that matters most names the check, and how many suites share it.
func TestTitleWorst(t *testing.T) {
	order := []string{"nothing-changed", "switch", "accepted", "not-measured", "inconclusive", "dont-switch", "bad-input"}
	words := []string{"No model setting changed", "Switch", "Accepted", "Not measured", "Inconclusive", "Don't switch", "Configuration error"}
	for i := 1; i < len(order); i++ {
		better, worse := one(t, order[i-1]), one(t, order[i])
		for _, rs := range [][]*report.Report{{better, worse}, {worse, better}} {
			if got, want := report.Title(rs), words[i]+" (1 of 2 suites)"; !strings.HasPrefix(got, want) {
				t.Errorf("got %q, want it to start with %q", got, want)
			}
		}
	}
}

func TestAnnotations(t *testing.T) {
	r := one(t, "dont-switch")
	got := report.Check([]*report.Report{r}).Annotations
	want := []report.Annotation{{
		Path: "config/agents.yaml", Line: 4, Level: "failure",
		Title: "Don't switch: 2.66x as much per completed task (95 % 1.70-4.15)",
		Message: "model: gemini-3.1-pro -> gemini-3-flash. Don't switch. If these 165 tasks were a random sample of your work: " +
			"a completed task costs 2.66x as much with gemini-3-flash as with gemini-3.1-pro (95 % 1.70-4.15). One trial per task: wide by necessity.",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	level := func(change func(*report.Report)) string {
		r := one(t, "dont-switch")
		change(r)
		as := report.Check([]*report.Report{r}).Annotations
		if len(as) != 1 {
			t.Fatalf("%d annotations, want 1", len(as))
		}
		return as[0].Level
	}
	for _, c := range []struct {
		name, want string
		change     func(*report.Report)
	}{
		{"blocks", "failure", func(*report.Report) {}},
		{"reports only", "warning", func(r *report.Report) { r.Decision.Blocks = false }},
		{"inconclusive", "notice", func(r *report.Report) { r.Verdict = verdict.Inconclusive }},
		{"accepted", "notice", func(r *report.Report) { r.Result = verdict.Accepted }},
	} {
		if got := level(c.change); got != c.want {
			t.Errorf("%s: level %q, want %q", c.name, got, c.want)
		}
	}
}

// TestAnnotationsWithoutPlace holds that nothing is put on a line that the head does not have.
func TestAnnotationsWithoutPlace(t *testing.T) {
	for name, change := range map[string]func(*report.Report){
		"removed":      func(r *report.Report) { r.Changes[0].HasHead = false },
		"no line":      func(r *report.Report) { r.Changes[0].Source.Line = 0 },
		"no path":      func(r *report.Report) { r.Changes[0].Source.Path = "" },
		"hostile path": func(r *report.Report) { r.Changes[0].Source.Path = "a\n::error::b" },
	} {
		r := one(t, "dont-switch")
		change(r)
		if got := report.Check([]*report.Report{r}).Annotations; len(got) != 0 {
			t.Errorf("%s: got %+v, want none", name, got)
		}
	}
}

func TestBadInputAnnotations(t *testing.T) {
	got := report.Check(load(t, "bad-input")).Annotations
	var lines []int
	for _, a := range got {
		lines = append(lines, a.Line)
		if a.Level != "failure" || a.Path != ".github/pertask.yml" {
			t.Errorf("got %+v, want a failure in .github/pertask.yml", a)
		}
	}
	if diff := cmp.Diff([]int{12, 14}, lines); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
