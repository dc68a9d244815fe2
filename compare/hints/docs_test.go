package hints_test

import (
	"os"
	"strings"
	"testing"

	"github.com/pertask/pertask/compare/hints"
)

// TestDocumentedCodes holds that docs/report.md says of every finding when it is shown.
func TestDocumentedCodes(t *testing.T) {
	b, err := os.ReadFile("../../docs/report.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(b), "\n### Findings\n")
	section, _, ended := strings.Cut(section, "\n## ")
	if !found || !ended {
		t.Fatal("docs/report.md has no section on findings")
	}
	for _, code := range []string{hints.CodeCache, hints.CodePremium, hints.CodeMixed, hints.CodePromotion, hints.CodeNew, hints.CodePayback} {
		if !strings.Contains(section, "\n| `"+code+"` | ") {
			t.Errorf("docs/report.md has no line for %s", code)
		}
	}
}
