package place_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial/place"
)

var source = fstest.MapFS{
	"tasks/x/main.txt":      {Data: []byte("main"), Mode: 0o644},
	"tasks/x/run.sh":        {Data: []byte("run"), Mode: 0o755},
	"tasks/x/agent.json":    {Data: []byte("base"), Mode: 0o644},
	"tasks/x/.agent/config": {Data: []byte("hook"), Mode: 0o644},
	"tasks/x/tests/a":       {Data: []byte("test"), Mode: 0o644},
	"tasks/x/grader/check":  {Data: []byte("check"), Mode: 0o644},
	"config/models.yaml":    {Data: []byte("base"), Mode: 0o644},
}

var task = suite.Task{ID: "x", Workspace: "tasks/x", GraderFiles: "tasks/x/grader", Protect: []string{"tests", "nothing"}}

func newPlace(t *testing.T) (p *place.Place, scratch *os.Root) {
	t.Helper()
	scratch, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { scratch.Close() })
	if p, err = place.New(scratch); err != nil {
		t.Fatal(err)
	}
	return p, scratch
}

// list returns the files below a folder with their contents.
func list(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		out[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func write(t *testing.T, text string, parts ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(parts...), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A trial gets its copy of the workspace without the grader's files, with the arm's settings and without the agent's
// own; what it must not change is put back for the grader.
func TestFillHideRestore(t *testing.T) {
	p, scratch := newPlace(t)
	overlay := map[string][]byte{"config/models.yaml": []byte("head"), "tasks/x/agent.json": []byte("head")}
	if err := p.Fill(t.Context(), source, task, overlay); err != nil {
		t.Fatal(err)
	}
	if err := p.Hide([]string{".agent", "not-there"}); err != nil {
		t.Fatal(err)
	}
	filled := map[string]string{"main.txt": "main", "run.sh": "run", "agent.json": "head", "tests/a": "test"}
	if diff := cmp.Diff(filled, list(t, p.Work())); diff != "" {
		t.Errorf("the workspace (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"config/models.yaml": "head", "tasks/x/agent.json": "head"}, list(t, p.Settings())); diff != "" {
		t.Errorf("the settings (-want +got):\n%s", diff)
	}
	write(t, "changed", p.Work(), "tests", "a")
	write(t, "new", p.Work(), "tests", "b")
	write(t, "new", p.Work(), "nothing")
	write(t, "fixed", p.Work(), "main.txt")
	if err := p.Restore(t.Context(), source, task); err != nil {
		t.Fatal(err)
	}
	restored := map[string]string{"main.txt": "fixed", "run.sh": "run", "agent.json": "head", "tests/a": "test", "check": "check"}
	if diff := cmp.Diff(restored, list(t, p.Work())); diff != "" {
		t.Errorf("for the grader (-want +got):\n%s", diff)
	}
	if err := p.Remove(); err != nil {
		t.Fatal(err)
	}
	if left := list(t, scratch.Name()); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestNothingOutsideOfTheWorkspace(t *testing.T) {
	p, _ := newPlace(t)
	if err := p.Hide([]string{"../home"}); err == nil {
		t.Error("something outside of the workspace was hidden")
	}
	odd := task
	odd.Protect = []string{"../home"}
	if err := p.Restore(t.Context(), source, odd); err == nil {
		t.Error("something outside of the workspace was put back")
	}
	if err := p.Fill(t.Context(), source, suite.Task{Workspace: "tasks/y"}, nil); err == nil {
		t.Error("a workspace that is not there was copied")
	}
}

func TestPlacesAreApart(t *testing.T) {
	p, scratch := newPlace(t)
	q, err := place.New(scratch)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, dir := range []string{p.Work(), p.Home(), p.Temp(), p.Settings(), p.Beside("x"), q.Work(), q.Home(), q.Temp(), q.Settings(), q.Beside("x")} {
		if seen[dir] || !filepath.IsAbs(dir) || len(filepath.Dir(dir)) != len(filepath.Dir(p.Work())) {
			t.Errorf("the folder %q is there twice, is not absolute, or tells trials apart by its length", dir)
		}
		seen[dir] = true
	}
}

// An agent can move its workspace away and leave another folder, or a link to one, in its place.
func TestIntact(t *testing.T) {
	swaps := map[string]func(work, other string) error{
		"":        func(string, string) error { return nil },
		"removed": func(work, _ string) error { return os.RemoveAll(work) },
		"another": func(work, other string) error {
			if err := os.RemoveAll(work); err != nil {
				return err
			}
			return os.Rename(other, work)
		},
		"a link": func(work, other string) error {
			if err := os.RemoveAll(work); err != nil {
				return err
			}
			return os.Symlink(other, work)
		},
	}
	for name, swap := range swaps {
		t.Run(name, func(t *testing.T) {
			p, _ := newPlace(t)
			if err := swap(p.Work(), p.Temp()); err != nil {
				t.Fatal(err)
			}
			if got, want := p.Intact(), name == ""; got != want {
				t.Errorf("intact %v, want %v", got, want)
			}
		})
	}
}

func TestBytes(t *testing.T) {
	p, _ := newPlace(t)
	empty := p.Bytes(t.Context(), 1<<30)
	write(t, "x", p.Home(), "small")
	if got, want := p.Bytes(t.Context(), 1<<30)-empty, int64(4096); got != want {
		t.Errorf("a small file counts as %d bytes, want %d", got, want)
	}
	write(t, string(make([]byte, 1<<20)), p.Temp(), "large")
	if got, want := p.Bytes(t.Context(), 1<<30)-empty, int64(1<<20+4096); got != want {
		t.Errorf("both files count as %d bytes, want %d", got, want)
	}
	if got := p.Bytes(t.Context(), 1<<19); got <= 1<<19 {
		t.Errorf("%d bytes, want more than the limit", got)
	}
}

// Watch tells once of a place that holds too much, and ends with its context where there is nothing to tell.
func TestWatch(t *testing.T) {
	p, _ := newPlace(t)
	write(t, string(make([]byte, 1<<20)), p.Work(), "large")
	told := 0
	p.Watch(t.Context(), 1<<19, func() { told++ })
	ended, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer stop()
	p.Watch(ended, 1<<30, func() { told += 10 })
	if told != 1 {
		t.Errorf("told %d, want once of the full place", told)
	}
}
