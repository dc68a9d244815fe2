package report_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/pertask/pertask/report"
)

// TestNothingIsLive holds of every fixture, the hostile one above all, that no string of a report becomes
// markup, HTML, a mention, a reference, a link or a break of the structure in any rendering for GitHub.
func TestNothingIsLive(t *testing.T) {
	for _, name := range fixtures(t) {
		rs := load(t, name)
		check := report.Check(rs)
		for rendering, md := range map[string]string{
			"comment":       report.Markdown(rs, report.MarkdownOptions{ReportURL: reportURL}),
			"short comment": report.Markdown(rs, report.MarkdownOptions{ReportURL: reportURL, MaxBytes: 4000}),
			"job summary":   report.Summary(rs),
			"check summary": check.Summary,
			"check text":    check.Text,
		} {
			for _, p := range problems(md) {
				t.Errorf("%s, %s: %s", name, rendering, p)
			}
		}
	}
}

// TestHostileStructure holds that the hostile report has the blocks of a harmless one with as many items.
func TestHostileStructure(t *testing.T) {
	r := one(t, "hostile")
	md := report.Markdown([]*report.Report{r}, report.MarkdownOptions{})
	bullets := regexp.MustCompile(`(?m)^- `).FindAllString(md, -1)
	harmless := *r
	for i := range harmless.Tasks {
		harmless.Tasks[i].ID = "a"
	}
	harmless.Findings = append(harmless.Findings[:0:0], r.Findings...)
	for i := range harmless.Findings {
		harmless.Findings[i].Text, harmless.Findings[i].Path = "a", "b"
	}
	harmless.Notes = make([]string, len(r.Notes))
	harmless.NextSteps = make([]string, len(r.NextSteps))
	want := report.Markdown([]*report.Report{&harmless}, report.MarkdownOptions{})
	if n := len(regexp.MustCompile(`(?m)^- `).FindAllString(want, -1)); len(bullets) != n {
		t.Errorf("%d list items, want %d", len(bullets), n)
	}
	if got, want := strings.Count(md, "\n|"), strings.Count(want, "\n|"); got != want {
		t.Errorf("%d table rows, want %d", got, want)
	}
	own := regexp.MustCompile("(?m)^```(?:text|mermaid)\n(?:[^`]*\n)```$").FindAllString(md, -1)
	if len(own) != 3 {
		t.Errorf("%d blocks of code, want those of the bars, the tasks and the looks", len(own))
	}
	for _, b := range own {
		md = strings.ReplaceAll(md, b, "")
	}
	for _, forged := range []string{"<!--", "-->", "<img", "<script", "\n::", "\n#", "\n```"} {
		if strings.Contains(strip(md), forged) {
			t.Errorf("the comment has %q outside of a code span", forged)
		}
	}
}

// strip leaves out code spans, in which everything is text.
func strip(md string) string {
	return regexp.MustCompile("(?m)(`+)[^`\n](?:.*?[^`\n])??`+").ReplaceAllString(md, "x")
}

// TestPlainFields holds that what GitHub and a terminal show as it is has no control characters.
func TestPlainFields(t *testing.T) {
	for _, name := range fixtures(t) {
		rs := load(t, name)
		var term strings.Builder
		for _, r := range rs {
			if err := report.Terminal(&term, r, report.TerminalOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		fields := []string{strings.ReplaceAll(term.String(), "\n", " ")}
		c := report.Check(rs)
		fields = append(fields, c.Title)
		for _, a := range c.Annotations {
			fields = append(fields, a.Title, a.Message, a.Path)
		}
		for _, f := range fields {
			if i := strings.IndexFunc(f, func(r rune) bool { return !unicode.IsGraphic(r) }); i >= 0 {
				t.Errorf("%s: %q at byte %d of %.200q", name, f[i:i+1], i, f)
			}
		}
	}
}
