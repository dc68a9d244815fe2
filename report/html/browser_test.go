package html_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/report"
)

// seen is what testdata/browser.cjs says of a page in one width and one scheme.
type seen struct {
	Page, Scheme, Background string
	Width, Plots, Rules      int
	Elements, Wrong          []string
}

// browsed are the fixtures that are opened in a browser, with how many plots each has. The rest differ from them in words.
var browsed = map[string]int{"dont-switch": 4, "switch": 4, "inconclusive": 4, "not-measured": 0, "nothing-changed": 0, "two-suites": 8, "mixed-segments": 6, "zero-passes": 4, "hostile": 6}

// many is a fixture with so many tasks.
func many(rs []*report.Report, n int) []*report.Report {
	r := *rs[0]
	r.Tasks = nil
	for i := range n {
		x := rs[0].Tasks[i%len(rs[0].Tasks)]
		x.ID = fmt.Sprintf("%04d-%s", i, x.ID)
		r.Tasks = append(r.Tasks, x)
	}
	return []*report.Report{&r}
}

// TestInABrowser opens pages on a phone and on a desk, in light and in dark. There must be nothing that axe-core finds, no
// request, no word on the console, nothing wider than the window but what scrolls in its own box, and no word of a plot that
// leaves it or lies on another one. PERTASK_PICTURES names a folder for screenshots.
func TestInABrowser(t *testing.T) {
	args := []string{"testdata/browser.cjs", need.Web(t), need.Browser(t), os.Getenv("PERTASK_PICTURES")}
	dir, all := t.TempDir(), fixtures(t)
	write := func(name, page string) {
		path := filepath.Join(dir, name+".html")
		if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	for name := range browsed {
		write(name, render(t, all[name]...))
	}
	write("200-tasks", render(t, many(all["stopped-cap"], 200)...))
	write("24-tasks", render(t, many(all["stopped-cap"], 24)...))
	// what the test must see
	write("bad", `<html><body><img src="http://127.0.0.1:9/x.png"><p style="width:2000px;color:#eee;background:#fff">pale</p><script>console.log("x")</script></body></html>`)
	node := exec.Command("node", args...)
	node.Stderr = os.Stderr
	out, err := node.Output()
	if err != nil {
		t.Fatalf("opening pages in a browser: %v", err)
	}
	var got []seen
	if err := json.Unmarshal(out, &got); err != nil || len(got) != 4*(len(args)-4) {
		t.Fatalf("%d views of %d pages: %v", len(got), len(args)-4, err)
	}
	for _, s := range got {
		if s.Page == "bad.html" {
			if len(s.Wrong) < 4 {
				t.Errorf("what is wrong with a bad page is not seen: %q", s.Wrong)
			}
			continue
		}
		if len(s.Wrong) > 0 || s.Rules < 15 {
			t.Errorf("%s, %d pixels, %s, %d rules of axe-core: %q", s.Page, s.Width, s.Scheme, s.Rules, s.Wrong)
		}
		if plots, listed := browsed[s.Page[:len(s.Page)-len(".html")]]; listed && s.Plots != plots || !listed && s.Plots < 4 {
			t.Errorf("%s: %d plots, want %d", s.Page, s.Plots, plots)
		}
		if dark := s.Background != "rgb(255, 255, 255)"; dark != (s.Scheme == "dark") {
			t.Errorf("%s: the background in %s is %s", s.Page, s.Scheme, s.Background)
		}
		for _, e := range s.Elements {
			if !slices.Contains(elements, e) {
				t.Errorf("%s: an element <%s>", s.Page, e)
			}
		}
	}
}
