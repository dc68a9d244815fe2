package arm_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/internal/golden"
	"golang.org/x/tools/txtar"
)

// TestScenarios runs each testdata/*.txtar. An archive has the trees base/, merge-base/ and head/ (base/ is
// merge-base/ when it has no file; a file with the text "@symlink X" is a symbolic link), "watches" (JSON, or
// "well-known", or "well-known AGENT"), and, if it needs them, "renames" (JSON). The test writes the rest:
// "pair.json" or "error", and "rewrite/..." with the files that applying the head arm to the base gives.
func TestScenarios(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) < 20 {
		t.Fatalf("found %d scenarios, error %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, filepath.ToSlash(name), string(txtar.Format(runScenario(t, a))))
		})
	}
}

// runScenario returns the archive with its results as they are.
func runScenario(t *testing.T, a *txtar.Archive) *txtar.Archive {
	t.Helper()
	out := &txtar.Archive{Comment: a.Comment}
	for _, f := range a.Files {
		if f.Name != "pair.json" && f.Name != "error" && !strings.HasPrefix(f.Name, "rewrite/") {
			out.Files = append(out.Files, f)
		}
	}
	add := func(name string, data []byte) {
		out.Files = append(out.Files, txtar.File{Name: name, Data: data})
	}
	trees, watches := scenarioInput(t, out)
	pair, err := arm.Compare(trees, watches)
	if err != nil {
		add("error", []byte(err.Error()+"\n"))
		return out
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(pair); err != nil {
		t.Fatal(err)
	}
	add("pair.json", text.Bytes())
	checkPair(t, trees, watches, pair)
	files, err := arm.Rewrite(trees.Base, watches, pair.Head)
	if err != nil {
		add("rewrite/error", []byte(err.Error()+"\n"))
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		add("rewrite/"+name, files[name])
	}
	return out
}

// scenarioInput reads the trees and the watches of an archive.
func scenarioInput(t *testing.T, a *txtar.Archive) (arm.Trees, []arm.Watch) {
	t.Helper()
	base, mergeBase, head := fstest.MapFS{}, fstest.MapFS{}, fstest.MapFS{}
	trees := arm.Trees{}
	var watches []arm.Watch
	for _, f := range a.Files {
		switch folder, rest, _ := strings.Cut(f.Name, "/"); folder {
		case "base":
			base[rest] = mapFile(f.Data)
		case "merge-base":
			mergeBase[rest] = mapFile(f.Data)
		case "head":
			head[rest] = mapFile(f.Data)
		case "renames":
			if err := json.Unmarshal(f.Data, &trees.Renames); err != nil {
				t.Fatal(err)
			}
		case "watches":
			watches = scenarioWatches(t, f.Data)
		default:
			t.Fatalf("unknown file %s", f.Name)
		}
	}
	if len(base) == 0 {
		base = mergeBase
	}
	trees.Base, trees.MergeBase, trees.Head = base, mergeBase, head
	return trees, watches
}

func mapFile(data []byte) *fstest.MapFile {
	if target, ok := strings.CutPrefix(string(data), "@symlink "); ok {
		return &fstest.MapFile{Data: []byte(strings.TrimSpace(target)), Mode: fs.ModeSymlink}
	}
	return &fstest.MapFile{Data: data}
}

func scenarioWatches(t *testing.T, data []byte) []arm.Watch {
	t.Helper()
	if agent, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "well-known"); ok {
		if agent = strings.TrimSpace(agent); agent != "" {
			return arm.ForAgent(arm.WellKnown(), agent)
		}
		return arm.WellKnown()
	}
	var out []arm.Watch
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// checkPair checks what holds for every pair.
func checkPair(t *testing.T, trees arm.Trees, watches []arm.Watch, p arm.Pair) {
	t.Helper()
	for _, c := range p.Changes {
		if c.Key == arm.BaseURL {
			t.Errorf("a base URL is applied: %+v", c)
		}
		if got, ok := p.Head.Get(c.Slot, c.Key); ok != c.HasHead || got != c.Head {
			t.Errorf("head arm has %q, %v after the change %+v", got, ok, c)
		}
	}
	for _, slot := range p.Head.Slots() {
		got, _ := p.Head.Get(slot, arm.BaseURL)
		if want, _ := p.Base.Get(slot, arm.BaseURL); got != want {
			t.Errorf("head arm has base URL %q, want the base's %q", got, want)
		}
	}
	files, err := arm.Rewrite(trees.Base, watches, p.Base)
	if err != nil || len(files) != 0 {
		t.Errorf("Rewrite with the base arm: %d files, error %v, want nothing", len(files), err)
	}
	roundTrip(t, trees.Base, watches, p.Head)
}

// roundTrip checks that the files that Rewrite returns give the arm back. It returns false when Rewrite refuses.
func roundTrip(t *testing.T, base fs.FS, watches []arm.Watch, a arm.Arm) bool {
	t.Helper()
	files, err := arm.Rewrite(base, watches, a)
	if err != nil {
		return false
	}
	got, err := arm.Read(overlay{base, files}, watches)
	if err != nil {
		t.Fatalf("reading what Rewrite wrote: %v\n%s", err, files)
	}
	if diff := cmp.Diff(values(a), values(got)); diff != "" {
		t.Errorf("Read(Rewrite(base, a)) differs from a (-a +got):\n%s\n%s", diff, files)
	}
	again, err := arm.Rewrite(overlay{base, files}, watches, a)
	if err != nil || len(again) != 0 {
		t.Errorf("a second Rewrite: %d files, error %v, want nothing", len(again), err)
	}
	return true
}

// values are an arm's settings without their places.
func values(a arm.Arm) map[string]string {
	out := map[string]string{}
	for _, s := range a.Settings {
		out[s.Slot+" "+string(s.Key)] = s.Value
	}
	return out
}

// overlay is a file system with some files replaced.
type overlay struct {
	base  fs.FS
	files map[string][]byte
}

func (o overlay) merged() fs.FS {
	out := fstest.MapFS{}
	if m, ok := o.base.(fstest.MapFS); ok {
		maps.Copy(out, m)
	}
	if m, ok := o.base.(overlay); ok {
		return overlay{m.base, mergeFiles(m.files, o.files)}.merged()
	}
	for name, data := range o.files {
		out[name] = &fstest.MapFile{Data: data}
	}
	return out
}

func mergeFiles(a, b map[string][]byte) map[string][]byte {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

func (o overlay) Open(name string) (fs.File, error) { return o.merged().Open(name) }

// asError returns the arm.Error in err.
func asError(t *testing.T, err error) *arm.Error {
	t.Helper()
	var e *arm.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is not an *arm.Error", err)
	}
	return e
}
