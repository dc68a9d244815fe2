package report_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// TestReasonOnce holds which reasons the headline makes superfluous, in every rendering, and that JSON keeps them.
func TestReasonOnce(t *testing.T) {
	const said = "THE REASON"
	for _, c := range []struct {
		code   string
		change func(*report.Report)
		shown  bool
	}{
		{"cheaper", func(*report.Report) {}, false},
		{"dearer", func(*report.Report) {}, false},
		{"undecided", func(*report.Report) {}, false},
		{"completes-fewer", func(*report.Report) {}, true},
		{"unknown-cost", func(*report.Report) {}, true},
		{"", func(*report.Report) {}, true},
		{"cheaper", func(r *report.Report) { r.Result = verdict.Accepted }, true},
		{"dearer", func(r *report.Report) { r.Head.Completed = 0 }, true},
		{"undecided", func(r *report.Report) { r.Ratio = nil }, true},
	} {
		r := one(t, "switch")
		r.Reason = verdict.Finding{Code: c.code, Text: said}
		c.change(r)
		rs := []*report.Report{r}
		var term strings.Builder
		if err := report.Terminal(&term, r, report.TerminalOptions{}); err != nil {
			t.Fatal(err)
		}
		for rendering, s := range map[string]string{
			"comment": report.Markdown(rs, report.MarkdownOptions{}), "check": report.Check(rs).Summary, "terminal": term.String(),
		} {
			if got := strings.Contains(s, said); got != c.shown {
				t.Errorf("reason %q in the %s: shown is %t, want %t", c.code, rendering, got, c.shown)
			}
		}
		if b, err := report.JSON(r); err != nil || !strings.Contains(string(b), said) {
			t.Errorf("reason %q is not in the JSON (%v)", c.code, err)
		}
	}
}

// TestScopeOnce holds that a finding does not repeat which tasks the headline is about, and that it says so where
// the headline does not.
func TestScopeOnce(t *testing.T) {
	const suite, population = "On this suite the head completes fewer.", "If these 165 tasks were a random sample of your work, the head completes fewer."
	for _, c := range []struct {
		name, fixture, text, want string
		change                    func(*report.Report)
	}{
		{"suite", "switch", suite, "- The head completes fewer.", nil},
		{"population", "dont-switch", population, "- The head completes fewer.", nil},
		{"another scope than the headline's", "dont-switch", suite, "- " + suite, nil},
		{"other tasks", "dont-switch", strings.Replace(population, "165", "164", 1), "- If these 164 tasks", nil},
		{"nothing after it", "switch", "On this suite ", "- \n", nil},
		{"a letter of two bytes", "switch", "On this suite élan.", "- Élan.", nil},
		{"no ratio in the headline", "switch", suite, "- " + suite, func(r *report.Report) { r.Ratio = nil }},
		{"not measured", "switch", suite, "- " + suite, func(r *report.Report) { r.Result = verdict.NotMeasured }},
	} {
		r := one(t, c.fixture)
		r.Findings = []verdict.Finding{{Code: "x", Text: c.text}}
		if c.change != nil {
			c.change(r)
		}
		md := report.Markdown([]*report.Report{r}, report.MarkdownOptions{})
		_, list, _ := strings.Cut(md, "**Findings**\n")
		if !strings.HasPrefix(list, c.want) && strings.TrimSpace(c.want) != "-" {
			t.Errorf("%s: the finding reads %.100q, want %q", c.name, list, c.want)
		}
		for _, p := range problems(md) {
			t.Errorf("%s: %s", c.name, p)
		}
	}
}

// TestNamesDoNotBreak holds that what is copied has ordinary hyphens and spaces, and that figures of up to three
// parts do not break.
func TestNamesDoNotBreak(t *testing.T) {
	md := report.Markdown(load(t, "dont-switch"), report.MarkdownOptions{})
	for _, want := range []string{"base<br>`gemini-3.1-pro` |", "$2.00\u00a0/\u00a0$0.20\u00a0/\u00a0$12.00", "80.6\u00a0%<br>133/165"} {
		if !strings.Contains(md, want) {
			t.Errorf("no %q in the table", want)
		}
	}
	for _, span := range strings.Split(md, "`") {
		if strings.Contains(span, "\u2011") {
			t.Errorf("a hyphen that is not one in %q", span)
		}
	}
	if md := report.Markdown(load(t, "inconclusive"), report.MarkdownOptions{}); !strings.Contains(md, "18.9k / 138k / 1.23k / 4.48k") {
		t.Error("four parts are kept on one line, which pushes the last column out of the comment")
	}
}

// TestTerminalUsesItsWidth holds what a wider terminal shows more of.
func TestTerminalUsesItsWidth(t *testing.T) {
	const id, cut, misleads = "5f982798-16b9-4051-ab57-cfc7ebdb2a91", "5f982798-16b9-4051-ab57-cfc7ebd...", "your work is unlike these tasks"
	narrow := render(t, "dont-switch", report.TerminalOptions{Width: 80})
	wide := render(t, "dont-switch", report.TerminalOptions{Width: 120})
	if !strings.Contains(narrow, cut) || strings.Contains(narrow, id) || strings.Contains(narrow, misleads) {
		t.Errorf("80 columns:\n%s", narrow)
	}
	if !strings.Contains(wide, id) || !strings.Contains(wide, misleads) {
		t.Errorf("120 columns:\n%s", wide)
	}
	for name, s := range map[string]string{"narrow": narrow, "wide": wide} {
		if got := strings.Count(s, "0/1 -> ") + strings.Count(s, "1/1 -> "); got != 10 {
			t.Errorf("%s: %d tasks, want 10", name, got)
		}
		if !strings.Contains(s, "the report has the other 155.") {
			t.Errorf("%s: it does not say where the other tasks are", name)
		}
	}
	for width := 40; width <= 140; width++ {
		for _, l := range strings.Split(render(t, "dont-switch", report.TerminalOptions{Width: width}), "\n") {
			if n := utf8.RuneCountInString(l); n > max(width, 78) {
				t.Errorf("%d columns in %d: %s", n, width, l)
			}
		}
	}
}
