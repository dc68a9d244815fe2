package spending_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/report/spending"
)

// TestInABrowser opens pages on a phone and on a desk, in light and in dark, as package html does: nothing that axe-core finds, no
// request, nothing wider than the window, no word that lies on another. PERTASK_PICTURES names a folder for screenshots.
func TestInABrowser(t *testing.T) {
	args := []string{"../html/testdata/browser.cjs", need.Web(t), need.Browser(t), os.Getenv("PERTASK_PICTURES")}
	dir, plots := t.TempDir(), map[string]int{}
	open := func(name string, r spending.Report, n int) {
		path := filepath.Join(dir, name+".html")
		if err := os.WriteFile(path, []byte(formats(t, r)["html"]), 0o600); err != nil {
			t.Fatal(err)
		}
		args, plots[name+".html"] = append(args, path), n
	}
	open("spend-by-week", told(t, spending.Week), 2)
	open("spend-by-pull", told(t, spending.Pull), 2)
	open("spend-unpriced", cases(t)["unpriced"], 0)
	node := exec.Command("node", args...)
	node.Stderr = os.Stderr
	out, err := node.Output()
	if err != nil {
		t.Fatalf("opening pages in a browser: %v", err)
	}
	var got []struct {
		Page, Scheme        string
		Width, Plots, Rules int
		Wrong               []string
	}
	if err := json.Unmarshal(out, &got); err != nil || len(got) != 4*len(plots) {
		t.Fatalf("%d views of %d pages: %v", len(got), len(plots), err)
	}
	for _, s := range got {
		if len(s.Wrong) > 0 || s.Rules < 15 || s.Plots != plots[s.Page] {
			t.Errorf("%s, %d pixels, %s, %d rules, %d plots: %q", s.Page, s.Width, s.Scheme, s.Rules, s.Plots, s.Wrong)
		}
	}
}
