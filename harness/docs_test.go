package harness_test

import (
	"os"
	"strings"
	"testing"

	"github.com/pertask/pertask/harness"
)

// docs/agents.md has every agent in three tables: the package and its version, the settings, and what is hidden.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../docs/agents.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			name := strings.Trim(cells[1], " `")
			rows[name] = append(rows[name], line)
		}
	}
	for _, a := range harness.Descriptions() {
		if len(rows[a.Name]) != 3 {
			t.Errorf("%s has %d rows, want 3", a.Name, len(rows[a.Name]))
			continue
		}
		if row := rows[a.Name][0]; !strings.Contains(row, "`"+a.Package+"`") || !strings.Contains(row, a.Tested) {
			t.Errorf("%s is %s %s, and not as in %s", a.Name, a.Package, a.Tested, row)
		}
		takes, err := harness.Takes(a, job(home(a)).Route)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range takes {
			slot, key, isOther := strings.Cut(name, ".")
			if !isOther {
				key = slot
			}
			// The table says "the same" of a slot that takes what the main one does.
			if row := rows[a.Name][1]; !strings.Contains(row, "`"+key+"`") || isOther && !strings.Contains(row, "`"+slot+"`") {
				t.Errorf("%s takes %s, which is not in %s", a.Name, name, row)
			}
		}
		for _, path := range a.Hide {
			if kind := strings.HasPrefix(path, ".env."); !strings.Contains(rows[a.Name][2], "`"+path+"`") && (!kind || !strings.Contains(rows[a.Name][2], "its kinds")) {
				t.Errorf("%s does not see %s, which is not in %s", a.Name, path, rows[a.Name][2])
			}
		}
	}
}
