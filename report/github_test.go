package report_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/report"
)

// rendered is what testdata/github.mjs says of a file.
type rendered struct {
	File          string         `json:"file"`
	Before, After map[string]int // elements, before and after GitHub's sanitizer
	Text          bool           // whether all text is still there
	Links, Open   []string
	Charts        int
	Wrong         []string
}

// own are the elements that a comment is made of.
var own = []string{"a", "br", "code", "details", "h3", "li", "p", "pre", "span", "strong", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul"}

// TestOnGitHub renders every fixture as GitHub would: what its sanitizer takes away, what becomes a link, and what Mermaid
// says of the charts.
func TestOnGitHub(t *testing.T) {
	modules := need.Web(t)
	dir := t.TempDir()
	args, charts, open := []string{"testdata/github.mjs", modules}, map[string]int{}, map[string]bool{}
	write := func(name, md string) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(md), 0o600); err != nil {
			t.Fatal(err)
		}
		args, charts[name] = append(args, path), strings.Count(md, "\n```mermaid\n")
	}
	for _, name := range fixtures(t) {
		rs := load(t, name)
		o := beside("")
		o.CommandsOpen = true
		write(name+".md", report.Markdown(rs, o))
		write(name+".check.md", report.Check(rs).Summary+"\n\n"+report.Check(rs).Text)
		open[name+".md"] = true
	}
	write("evil.md", report.Markdown(load(t, "hostile"), beside("@octocat <img src=x> </details> | a | `b` [x](https://evil.example) ```mermaid\n\n## x www.evil.example a@evil.example")))
	// what the test must see
	write("bad.md", "www.evil.example <iframe></iframe>\n\n```mermaid\nxychart-beta\n    x-axis [gpt-5.5 (high), b]\n    bar [1, 2]\n```\n")
	node := exec.Command("node", args...)
	node.Stderr = os.Stderr
	out, err := node.Output()
	if err != nil {
		t.Fatalf("rendering as GitHub does: %v", err)
	}
	var all []rendered
	if err := json.Unmarshal(out, &all); err != nil || len(all) != len(args)-2 {
		t.Fatalf("%d of %d files: %v", len(all), len(args)-2, err)
	}
	allowed := []string{reportURL, runURL + "1", runURL + "2", runURL + "3"}
	if bad := all[len(all)-1]; bad.After["iframe"] != 0 || bad.Before["iframe"] != 1 || len(bad.Links) != 1 || len(bad.Wrong) != 1 {
		t.Errorf("what is wrong with a bad comment is not seen: %+v", bad)
	}
	for _, r := range all[:len(all)-1] {
		if diff := cmp.Diff(r.Before, r.After); diff != "" || !r.Text {
			t.Errorf("%s: the sanitizer takes something away (text is whole: %t):\n%s", r.File, r.Text, diff)
		}
		for e := range r.Before {
			if !slices.Contains(own, e) {
				t.Errorf("%s: an element <%s>", r.File, e)
			}
		}
		for _, l := range r.Links {
			if !slices.Contains(allowed, l) {
				t.Errorf("%s: a link to %q", r.File, l)
			}
		}
		if r.Charts != charts[r.File] || len(r.Wrong) > 0 {
			t.Errorf("%s: %d charts of %d: %q", r.File, r.Charts, charts[r.File], r.Wrong)
		}
		if want := open[r.File]; want != cmp.Equal(r.Open, []string{"Commands"}) {
			t.Errorf("%s: open are %q", r.File, r.Open)
		}
	}
}
