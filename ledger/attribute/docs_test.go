package attribute_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pertask/pertask/ledger/attribute"
)

// TestDocs holds the section of the documentation against the vocabulary and the histories: every word is explained, and
// every history that is named is there and every one that is there is named.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile(filepath.FromSlash("../../docs/spend.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n## Which pull request\n")
	section, _, _ = strings.Cut(section, "\n## ")
	if !ok {
		t.Fatal("the section is not there")
	}
	for _, r := range attribute.Reasons() {
		if !strings.Contains(section, "\n| `"+string(r)+"` | ") {
			t.Errorf("the reason %q has no line", r)
		}
	}
	for _, h := range []attribute.How{attribute.ByPull, attribute.ByQueue, attribute.ByCommit, attribute.ByBranch} {
		if !strings.Contains(section, "\n| `"+string(h)+"` | ") {
			t.Errorf("the evidence %q has no line", h)
		}
	}
	named := map[string]bool{}
	for _, inParentheses := range regexp.MustCompile("\\(((?:`[a-z0-9-]+`(?:, )?)+)\\)").FindAllStringSubmatch(section, -1) {
		for name := range strings.SplitSeq(inParentheses[1], ", ") {
			named[strings.Trim(name, "`")] = true
		}
	}
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".txtar")
		if !named[name] && !strings.Contains(section, "`"+name+"`") {
			t.Errorf("no rule names the history %s", name)
		}
		delete(named, name)
	}
	for name := range named {
		if name != "HEAD" {
			t.Errorf("there is no history %q", name)
		}
	}
}
