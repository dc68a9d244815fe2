package formats_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/formats"
	"github.com/pertask/pertask/recorded/recordedtest"
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

func in(files recordedtest.Files) (string, bool, error) {
	f, found, err := formats.Find(recordedtest.Folder(files))
	return f.Name, found, err
}

// The shallow files say what a folder is, whatever lies deeper in it, and broken ones say nothing.
func TestFindGoesByTheShallowFiles(t *testing.T) {
	const harbor, promptfoo, traj = `{"n_total_trials": 1}`, `{"evalId": "e", "results": {}}`, `{"info": {}}`
	for _, tt := range []struct {
		name  string
		files recordedtest.Files
		want  string
	}{
		{"shallow first", recordedtest.Files{"a/b/result.json": harbor, "z.json": promptfoo}, "promptfoo"},
		{"by name at one depth", recordedtest.Files{"a/result.json": harbor, "b/x.json": promptfoo}, "harbor"},
		{"over a broken one", recordedtest.Files{"a.json": `{"results`, "b.json": "", "c.eval": "PK", "d/x.traj": traj}, "swe-agent"},
		{"over other names", recordedtest.Files{"result.txt": harbor, "x.traj.bak": traj, "y/output.jsonl": `{"instance_id": "a", "metrics": null}`}, "openhands"},
		{"the longer suffix", recordedtest.Files{"x.traj.json": traj, "y.traj": traj}, "mini-swe-agent"},
	} {
		if got, found, err := in(tt.files); !found || err != nil || got != tt.want {
			t.Errorf("%s: got %q (%v, %v), want %q", tt.name, got, found, err, tt.want)
		}
	}
}

// Names without the right content, and content without the right name, are of no format.
func TestFindNeedsNameAndContent(t *testing.T) {
	for name, text := range map[string]string{
		"result.json": `{"task_name": "t"}`, "results.json": `{"results": [], "n": 1}`, "other.json": `{"trial_name": "x", "task_name": "y"}`,
		"a.json": `{"version": 2, "eval": {}}`, "b.eval": `{"version": 2, "eval": {}, "status": "success"}`, "c.jsonl": `{"instance_id": "a"}`,
		"d.json": `{"results": [], "config": {}}`, "e.traj.json": `[]`, "f.zip": "PK\x03\x04", "g.traj": `[1]`,
	} {
		if got, found, err := in(recordedtest.Files{name: text}); found || err != nil {
			t.Errorf("%s is taken for %q (%v)", name, got, err)
		}
	}
}

// A folder of many files that are of no format is not looked through without end, and one that is not there is an error.
func TestFindIsBounded(t *testing.T) {
	files := recordedtest.Files{}
	for i := range 1000 {
		files[fmt.Sprintf("%04d.json", i)] = "[]"
	}
	files["last/x.traj"] = "{}"
	if got, found, err := in(files); found || err != nil {
		t.Errorf("behind 1,000 others: %q (%v)", got, err)
	}
	delete(files, "0999.json")
	if got, found, err := in(files); !found || err != nil || got != "swe-agent" {
		t.Errorf("behind 999 others: %q (%v, %v)", got, found, err)
	}
	if _, found, err := formats.Find(recordedtest.Folder(nil).Sub("none")); found || err == nil || !strings.HasPrefix(err.Error(), "reading run/none: ") {
		t.Errorf("a folder that is not there: %v, %v", found, err)
	}
}

// What a format is found by it also reads, or refuses with a place: cut at any byte nothing is taken for another format.
func TestFindOfCutFiles(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"result.json":  {`{"task_name": "t", "trial_name": "a", "agent_info": {}}`, "harbor"},
		"results.json": {`{"accuracy": 1, "results": [{"task_id": "t"}]}`, "terminal-bench"},
		"log.json":     {`{"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}, "samples": [{"id": 1, "epoch": 1}]}`, "inspect"},
		"output.json":  {`{"evalId": "e", "results": {"results": [{"provider": {"id": "m"}, "testIdx": 1, "success": true}]}}`, "promptfoo"},
		"output.jsonl": {`{"instance_id": "a", "metrics": {}}`, "openhands"},
		"a.traj":       {`{"info": {}}`, "swe-agent"},
	} {
		for n := range len(c.text) + 1 {
			files := recordedtest.Files{name: c.text[:n]}
			got, found, err := in(files)
			if err != nil || found && got != c.want || !found && n == len(c.text) {
				t.Errorf("%s cut at %d: %q (%v, %v), want %s", name, n, got, found, err, c.want)
			}
			if !found {
				continue
			}
			f, err := formats.Named(got)
			if err != nil {
				t.Fatal(err)
			}
			if rows, err := f.Read(recordedtest.Folder(files), recorded.Options{}); err == nil && (n < len(c.text) || len(rows.Rows) != 1) {
				t.Errorf("%s cut at %d: %d rows and no error", name, n, len(rows.Rows))
			}
		}
	}
}
