package known_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/arm/known"
	"github.com/pertask/pertask/internal/document"
)

// TestFiles looks at the table itself; that its places are found and written is tested in package arm.
func TestFiles(t *testing.T) {
	keys := " model provider effort temperature max_output_tokens thinking_budget service_tier base_url profile "
	for _, f := range known.Files() {
		if f.Agent == "" || len(f.Selectors) == 0 {
			t.Errorf("%s belongs to %q and has %d places", f.Path, f.Agent, len(f.Selectors))
		}
		if _, err := document.FormatOf(f.Path); err != nil {
			t.Error(err)
		}
		for _, places := range []map[string]string{f.Selectors, f.Overrides} {
			for key, at := range places {
				if !strings.Contains(keys, " "+key+" ") {
					t.Errorf("%s has a place for %q, which no package knows", f.Path, key)
				}
				if f.Each != "" && strings.HasPrefix(at, "$") {
					t.Errorf("%s: %s is a place in elements, and starts at the root", f.Path, at)
				}
			}
		}
		for key := range f.Overrides {
			if f.Selectors[key] == "" {
				t.Errorf("%s: nothing that the override of %s goes before", f.Path, key)
			}
		}
		if f.Each != "" && f.Name == "" && f.Slot == "" {
			t.Errorf("%s: entries of %s without a slot before their names, which a new entry could not be told by", f.Path, f.Each)
		}
	}
}

func TestFilesIsACopy(t *testing.T) {
	known.Files()[0].Selectors["model"] = "$.changed"
	if got := known.Files()[0].Selectors["model"]; got == "$.changed" {
		t.Error("a change of one copy is seen in the next")
	}
}
