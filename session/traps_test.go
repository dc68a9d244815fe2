//go:build unix

package session_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/session"
	"github.com/pertask/pertask/usage"
)

// homes are the folders of a case, by the harness that keeps its logs there.
var homes = map[string]string{"claude": "claude-code", "codex": "codex", "gemini": "gemini", "opencode": "opencode"}

// scanned is the time of a scan of a case that does not say another one: long after the sessions.
var scanned = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// TestTraps runs the cases of testdata/traps. Each is a txtar file: above the files it says what happened and where that was
// seen, and "now TIME" for a scan at another time, one line for each scan. The files are the logs, by home, after "N/" where
// they are written before the scan N; a name with "+" at its end adds to the file, and one with "-" removes it.
//
// Whatever a case is about, it holds that a scan without a state makes the same entries as all its scans with one, and that
// a further scan finds nothing new.
func TestTraps(t *testing.T) {
	names, err := filepath.Glob("testdata/traps/*.txtar")
	if err != nil || len(names) < 20 {
		t.Fatalf("%d cases, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) { trap(t, name) })
	}
}

func trap(t *testing.T, name string) {
	a, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	c := newCase(t, a)
	var got strings.Builder
	for step := 1; step <= c.steps; step++ {
		c.write(t, step)
		entries, r := c.scan(t, step, filepath.Join(c.dir, "state"))
		if c.steps > 1 {
			fmt.Fprintf(&got, "scan %d\n", step)
		}
		got.WriteString(show(entries))
		for _, why := range slices.Sorted(maps.Keys(r.Skipped)) {
			fmt.Fprintf(&got, "left out: %s %d\n", why, r.Skipped[why])
		}
		for _, e := range entries {
			c.ledger.Add(e)
		}
	}
	golden.Check(t, strings.TrimSuffix(name, ".txtar")+".want", got.String())
	if entries, _ := c.scan(t, c.steps, filepath.Join(c.dir, "state")); len(entries) > 0 {
		t.Errorf("another scan found something new:\n%s", show(entries))
	}
	if c.lost {
		return
	}
	var again spend.Set
	entries, _ := c.scan(t, c.steps, "")
	for _, e := range entries {
		again.Add(e)
	}
	if diff := cmp.Diff(show(c.ledger.Sorted()), show(again.Sorted())); diff != "" {
		t.Errorf("a scan without a state makes other entries (-with +without):\n%s", diff)
	}
	if diff := cmp.Diff(ids(c.ledger.Sorted()), ids(again.Sorted())); diff != "" {
		t.Errorf("a scan without a state makes other IDs (-with +without):\n%s", diff)
	}
}

// trapCase is a case that is under way.
type trapCase struct {
	dir    string
	files  []txtar.File
	steps  int
	now    []time.Time
	lost   bool // logs are removed: who has no state cannot know of them
	seen   session.Answers
	ledger spend.Set
}

func newCase(t *testing.T, a *txtar.Archive) *trapCase {
	t.Helper()
	c := &trapCase{dir: t.TempDir(), files: a.Files, steps: 1}
	for _, f := range a.Files {
		step, _ := stepOf(f.Name)
		c.steps = max(c.steps, step)
	}
	for line := range strings.Lines(string(a.Comment)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "now":
			at, err := time.Parse(time.RFC3339, rest)
			if err != nil {
				t.Fatal(err)
			}
			c.now = append(c.now, at)
		case "measured":
			c.seen.Add(strings.Fields(rest)...)
		}
	}
	c.steps = max(c.steps, len(c.now))
	return c
}

func stepOf(name string) (int, string) {
	var step int
	if n, err := fmt.Sscanf(name, "%d/", &step); n == 1 && err == nil {
		_, name, _ = strings.Cut(name, "/")
		return step, name
	}
	return 1, name
}

// write writes the files of a step.
func (c *trapCase) write(t *testing.T, step int) {
	t.Helper()
	for _, f := range c.files {
		n, name := stepOf(f.Name)
		if n != step {
			continue
		}
		bare, add := strings.CutSuffix(name, "+")
		bare, remove := strings.CutSuffix(bare, "-")
		full := filepath.Join(c.dir, filepath.FromSlash(bare))
		data := []byte(strings.ReplaceAll(string(f.Data), "<NUL>", "\x00"))
		if cut, ok := strings.CutSuffix(string(data), "<CUT>\n"); ok { // a line whose writer is in the middle of it
			data = []byte(cut)
		}
		var err error
		switch {
		case remove:
			c.lost = true
			err = os.Remove(full)
		case add:
			var was []byte
			if was, err = os.ReadFile(full); err == nil {
				err = os.WriteFile(full, append(was, data...), 0o600)
			}
		default:
			if err = os.MkdirAll(filepath.Dir(full), 0o700); err == nil {
				err = os.WriteFile(full, data, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (c *trapCase) scan(t *testing.T, step int, state string) ([]spend.Entry, session.Result) {
	t.Helper()
	o := session.Options{State: state, Now: scanned, Measured: &c.seen, Workers: 2,
		Repository: func(dir string, _ time.Time) (string, string) { return "github.com/acme/" + path.Base(dir), "" }}
	if step <= len(c.now) {
		o.Now = c.now[step-1]
	}
	for _, name := range slices.Sorted(maps.Keys(homes)) {
		if info, err := os.Stat(filepath.Join(c.dir, name)); err == nil && info.IsDir() {
			o.Homes = append(o.Homes, session.Home{Harness: homes[name], Dir: filepath.Join(c.dir, name)})
		}
	}
	var got []spend.Entry
	o.Add = func(_ context.Context, entries ...spend.Entry) error {
		for _, e := range entries {
			if err := e.Check(); err != nil {
				t.Errorf("a bad entry: %v", err)
			}
		}
		got = append(got, entries...)
		return nil
	}
	r, err := session.Scan(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range r.Problems {
		t.Errorf("a problem: %v", p)
	}
	return got, r
}

func ids(entries []spend.Entry) (out []string) {
	for _, e := range entries {
		out = append(out, e.ID)
	}
	return out
}

// show writes entries for people, one a line. Sessions have their first digits.
func show(entries []spend.Entry) string {
	var b strings.Builder
	for _, e := range slices.SortedFunc(slices.Values(entries), spend.Compare) {
		fmt.Fprintf(&b, "%s %s %.4s %s %s", e.Hour.Format("01-02T15"), e.Harness, e.Session, e.Provider, e.Model)
		for _, f := range []struct{ name, value string }{{"repo", e.Repository}, {"branch", e.Branch}, {"commit", e.Commit}, {"tier", e.Tier}, {"version", e.Version}} {
			if f.value != "" {
				fmt.Fprintf(&b, " %s=%s", f.name, f.value)
			}
		}
		for _, k := range slices.Sorted(maps.Keys(e.Attributes)) {
			fmt.Fprintf(&b, " %s=%s", k, e.Attributes[k])
		}
		if e.Above > 0 {
			fmt.Fprintf(&b, " above=%d", e.Above)
		}
		fmt.Fprintf(&b, ": calls=%d", e.Calls)
		if e.Unseen > 0 {
			fmt.Fprintf(&b, " unseen=%d", e.Unseen)
		}
		for _, class := range usage.Classes() {
			if n, known := e.Tokens.Of(class).Value(); known && n > 0 || class == usage.Output {
				fmt.Fprintf(&b, " %s=%s", class, e.Tokens.Of(class))
			}
		}
		fmt.Fprintf(&b, " reasoning=%s", e.Tokens.Reasoning)
		for _, unit := range slices.Sorted(maps.Keys(e.Requests)) {
			fmt.Fprintf(&b, " %s=%d", unit, e.Requests[unit])
		}
		fmt.Fprintf(&b, " last=%s\n", e.Last.Format("15:04:05"))
	}
	return b.String()
}
