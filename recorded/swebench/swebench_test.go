package swebench_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/recorded/recordedtest"
	"github.com/pertask/pertask/recorded/swebench"
)

func TestRead(t *testing.T) {
	for _, tt := range []struct {
		name, file, in string
		want           map[string]string
	}{
		{"run", "m.r.json", `{"resolved_ids": ["a"], "unresolved_ids": ["b"], "error_ids": ["c"], "completed_ids": ["a", "b", "c"], "empty_patch_ids": ["d"], "incomplete_ids": ["e"], "submitted_ids": ["a", "e"]}`,
			map[string]string{"a": "completed", "b": "failed", "c": "unknown", "d": "failed", "e": "unknown", "z": "unknown"}},
		{"before 1.0", "results.json", `{"resolved": ["a"], "applied": ["a", "b"], "no_generation": ["c"]}`,
			map[string]string{"a": "completed", "b": "failed", "c": "failed", "d": "unknown"}},
		{"instance", "report.json", `{"a": {"resolved": true}, "b": {"resolved": false}, "c": {"resolved": "x"}, "d": 4}`,
			map[string]string{"a": "completed", "b": "failed", "c": "unknown", "d": "unknown"}},
		{"another file", "notes.json", `{"a": {"resolved": true}}`, map[string]string{"a": "unknown"}},
	} {
		rep, err := swebench.Read(recordedtest.Folder(recordedtest.Files{tt.file: tt.in}))
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		for id, want := range tt.want {
			if got := recordedtest.Word(rep.Outcome(id)); got != want {
				t.Errorf("%s: %s is %s, want %s", tt.name, id, got, want)
			}
		}
	}
}

// A report is about its folder and what is below it; the nearest one counts.
func TestOutcomeIsTheNearestReports(t *testing.T) {
	src := recordedtest.Folder(recordedtest.Files{
		"results.json":       `{"resolved_ids": ["a"]}`,
		"run-2/results.json": `{"resolved_ids": [], "unresolved_ids": ["a"]}`,
		"run-1/a/a.traj":     "{}", "run-2/a/a.traj": "{}",
	})
	reports := swebench.In(src)
	for file, want := range map[string]string{"run-1/a/a.traj": "completed", "run-2/a/a.traj": "failed"} {
		got, err := reports.Outcome(src.Sub(file), "a")
		if err != nil || recordedtest.Word(got) != want {
			t.Errorf("%s: %s (%v), want %s", file, recordedtest.Word(got), err, want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"contradiction", map[string]string{"a.json": `{"resolved_ids": ["x"]}`, "b.json": `{"resolved_ids": [], "unresolved_ids": ["x"]}`}, `run/b.json: another report in the same folder says otherwise of instance "x"`},
		{"no id", map[string]string{"a.json": `{"resolved_ids": [true]}`}, "run/a.json: $.resolved_ids[0]: this is true or false; a string"},
		{"cut", map[string]string{"a.json": `{"resolved_ids": ["x"`}, ""},
		{"cut later", map[string]string{"a.json": `{"resolved_ids": ["x"], `}, "run/a.json:1:"},
	} {
		_, err := swebench.Read(recordedtest.Folder(tt.files))
		if tt.want == "" {
			continue // its head does not say what it is: it is passed over
		}
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want it to begin with %q", tt.name, err, tt.want)
		}
	}
}
