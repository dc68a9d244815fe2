package verdict_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var codeLiteral = regexp.MustCompile(`(?:Code: +|code[A-Z]\w+ += )"([a-z-]+)"`)

// reasons are findings that only are the reason for a verdict: the headline says what they mean.
var reasons = []string{"cheaper", "dearer", "undecided", "no-material-difference"}

// TestDocumentedFindings holds that docs/report.md names every finding of this package.
func TestDocumentedFindings(t *testing.T) {
	source, err := os.ReadFile("findings.go")
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("../docs/report.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(b), "\n### Findings\n")
	section, _, _ = strings.Cut(section, "\n## ")
	seen := 0
	for _, m := range codeLiteral.FindAllStringSubmatch(string(source), -1) {
		if slices.Contains(reasons, m[1]) {
			continue
		}
		if seen++; !strings.Contains(section, "`"+m[1]+"`") {
			t.Errorf("docs/report.md does not name %s", m[1])
		}
	}
	if seen < 12 {
		t.Errorf("only %d codes found: the test looks in the wrong place", seen)
	}
}
