package formats_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/formats"
)

// TestFindTellsTheFixtures: each fixture is found as its own format, as a folder and as one of its files.
func TestFindTellsTheFixtures(t *testing.T) {
	fsys := os.DirFS("../testdata")
	for path, want := range map[string]string{
		"harbor": "harbor", "harbor/base": "harbor", "harbor/base/fix-build__aaa/result.json": "harbor",
		"terminal-bench": "terminal-bench", "terminal-bench/head/results.json": "terminal-bench",
		"promptfoo": "promptfoo", "promptfoo/results.json": "promptfoo",
		"swe-agent": "swe-agent", "swe-agent/base/run-1/fix-build/fix-build.traj": "swe-agent",
		"mini-swe-agent": "mini-swe-agent", "mini-swe-agent/base/run-1/fix-build/fix-build.traj.json": "mini-swe-agent",
		"openhands": "openhands", "openhands/base/run-1/output.jsonl": "openhands",
	} {
		f, found, err := formats.Find(recorded.Source{FS: fsys, Name: path, Path: path})
		if err != nil || !found || f.Name != want {
			t.Errorf("%s: %q (%v, %v), want %q", path, f.Name, found, err, want)
		}
	}
}

func TestFindPassesOverWhatIsOfNoFormat(t *testing.T) {
	for name, in := range map[string]string{
		"a.csv": "dataset,model\n", "trials.jsonl": `{"trial": {"schema": "pertask.trial/1"}}`, "a.json": `{"results": {}}`,
		"b.json": `[1]`, "c.json": "", "d.eval": "not a zip", "e.traj": "text", "result.json": `{"results": []}`,
	} {
		src := recorded.Source{FS: fstest.MapFS{name: {Data: []byte(in)}}, Name: name, Path: name}
		if f, found, err := formats.Find(src); found || err != nil {
			t.Errorf("%s is taken for %s (%v)", name, f.Name, err)
		}
	}
}

func TestFindTellsArchivesAndTheJSONForm(t *testing.T) {
	for name, in := range map[string]string{"a.eval": "PK\x03\x04", "a.json": `{"version": 2, "status": "success", "eval": {}}`} {
		src := recorded.Source{FS: fstest.MapFS{name: {Data: []byte(in)}}, Name: name, Path: name}
		if f, found, err := formats.Find(src); !found || err != nil || f.Name != "inspect" {
			t.Errorf("%s is taken for %q (%v)", name, f.Name, err)
		}
	}
}

func TestNamed(t *testing.T) {
	for _, name := range strings.Split(formats.Names(), ", ") {
		if f, err := formats.Named(name); err != nil || f.Name != name || f.Title == "" || f.Read == nil || len(f.Untold) == 0 {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
	if _, err := formats.Named("x"); err == nil || !strings.HasPrefix(err.Error(), `there is no format "x"; there are harbor, terminal-bench`) {
		t.Errorf("error %v", err)
	}
}
