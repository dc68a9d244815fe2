package suite_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/suite"
)

// docs returns the part of docs/config.md that is about suite files.
func docs(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(text), "\n## The suite file\n")
	if !ok {
		t.Fatal("docs/config.md has no section about suite files")
	}
	before, _, _ := strings.Cut(after, "\n## ")
	return before
}

func names() []string {
	out := append([]string(nil), suite.SuiteKeys...)
	for _, k := range suite.TaskKeys {
		out = append(out, "tasks[]."+k)
	}
	for _, k := range suite.GradeKeys {
		out = append(out, "grade."+k)
	}
	return out
}

func TestEveryKeyIsDescribed(t *testing.T) {
	described := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|(.*)\\|$").FindAllStringSubmatch(docs(t), -1) {
		cells := strings.Split(m[2], "|")
		if len(cells) != 4 || !strings.HasSuffix(strings.TrimSpace(cells[3]), ".") {
			t.Errorf("%s: got cells %q, want type, default, allowed and a sentence", m[1], cells)
		}
		if described[m[1]] {
			t.Errorf("%s is described twice", m[1])
		}
		described[m[1]] = true
	}
	for _, k := range names() {
		if !described[k] {
			t.Errorf("docs/config.md does not describe %s", k)
		}
		delete(described, k)
	}
	for k := range described {
		t.Errorf("docs/config.md describes %s, which does not exist", k)
	}
}

func TestExamplesLoad(t *testing.T) {
	files := fstest.MapFS{
		"evals/tasks/fix-date-parser/parser_test.go": {Data: []byte("package parser\n")},
		"evals/hidden/fix-date-parser/more_test.go":  {Data: []byte("package parser\n")},
		"evals/schemas/summary.json":                 {Data: []byte(`{"type": "object"}`)},
	}
	all, count := "", 0
	for _, m := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(docs(t), -1) {
		if !strings.HasPrefix(m[1], "# evals/") {
			t.Errorf("an example of a suite does not begin with its path below evals:\n%s", m[1])
		}
		files[suitePath] = &fstest.MapFile{Data: []byte(m[1])}
		if _, err := suite.Load(files, suitePath); err != nil {
			t.Error(err)
		}
		all += m[1]
		count++
	}
	if count < 2 {
		t.Errorf("only %d examples", count)
	}
	kinds := map[string]bool{"command": true, "contains": true} // shown in the text of the table
	for _, name := range names() {
		key := name[strings.LastIndex(name, ".")+1:]
		if !kinds[key] && !strings.Contains(all, key+":") {
			t.Errorf("no example has %s", name)
		}
	}
}
