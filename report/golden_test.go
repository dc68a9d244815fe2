package report_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/report"
)

func TestGolden(t *testing.T) {
	for _, name := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			rs := load(t, name)
			golden.Check(t, "testdata/"+name+".md", report.Markdown(rs, report.MarkdownOptions{ReportURL: reportURL}))
			golden.Check(t, "testdata/"+name+".check.txt", checkText(report.Check(rs)))
			var term strings.Builder
			for _, r := range rs {
				if err := report.Terminal(&term, r, report.TerminalOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			golden.Check(t, "testdata/"+name+".term.txt", term.String())
		})
	}
}

// checkText is a check run as a file. Its text repeats the comment's but for order, so only its start is kept.
func checkText(c report.CheckOutput) string {
	var b strings.Builder
	fmt.Fprintf(&b, "TITLE %s\n\nSUMMARY\n%s\nTEXT\n%s\nANNOTATIONS\n", c.Title, c.Summary, c.Text)
	for _, a := range c.Annotations {
		fmt.Fprintf(&b, "%s:%d %s [%s] %s\n", a.Path, a.Line, a.Level, a.Title, a.Message)
	}
	return b.String()
}

// TestRoundTrip holds that a report survives its JSON form, byte for byte. The fixtures are that form.
func TestRoundTrip(t *testing.T) {
	for _, name := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			rs := load(t, name)
			if len(rs) != 1 {
				return // a list is made of reports that have fixtures of their own
			}
			b, err := report.JSON(rs[0])
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, "testdata/"+name+".json", string(b))
		})
	}
}
