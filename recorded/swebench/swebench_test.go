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

func read(files recordedtest.Files) (swebench.Report, error) {
	return swebench.Read(recordedtest.Folder(files))
}

// Outcomes of two files of a folder add up; files that hold no report are passed over, broken ones among them.
func TestReadAddsFilesUp(t *testing.T) {
	rep, err := read(recordedtest.Files{
		"a.json": `{"resolved_ids": ["x"]}`, "b.json": `{"resolved_ids": ["x", "y"], "unresolved_ids": ["z"]}`,
		"c.json": `{"resolved_ids"`, "d.json": `not JSON`, "e.json": ``, "f.json": `[]`, "x.traj.json": `{"resolved_ids": ["w"]}`,
		"g.txt": `{"resolved_ids": ["w"]}`, "below/h.json": `{"resolved_ids": ["w"]}`,
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"x": "completed", "y": "completed", "z": "failed", "w": "unknown", "": "unknown"} {
		if got := recordedtest.Word(rep.Outcome(id)); got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
	if got := recordedtest.Word(swebench.Report{}.Outcome("x")); got != "unknown" {
		t.Errorf("a report of nothing says %s", got)
	}
}

func TestReadRefusesWhatContradictsItself(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files recordedtest.Files
		want  string
	}{
		{"both", recordedtest.Files{"a.json": `{"resolved_ids": ["x", "y"], "unresolved_ids": ["y"]}`}, `run/a.json: $.unresolved_ids[0]: instance "y" is among the resolved ones too`},
		{"two forms", recordedtest.Files{"report.json": `{"x": {"resolved": false}}`, "run.json": `{"resolved_ids": ["x"]}`}, `run/run.json: another report in the same folder says otherwise of instance "x"`},
		{"an empty id", recordedtest.Files{"a.json": `{"resolved_ids": [""]}`}, "run/a.json: $.resolved_ids[0]: this is empty"},
		{"no id", recordedtest.Files{"a.json": `{"resolved_ids": [null]}`}, "run/a.json: $.resolved_ids[0]: this is missing"},
		{"an object", recordedtest.Files{"a.json": `{"resolved_ids": ["x"], "error_ids": [{}]}`}, "run/a.json: $.error_ids[0]: this is an object"},
	} {
		if _, err := read(tt.files); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want it to begin with %q", tt.name, err, tt.want)
		}
	}
	if _, err := swebench.Read(recordedtest.Folder(nil).Sub("none")); err == nil || !strings.HasPrefix(err.Error(), "reading run/none: ") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// TestReadTruncated holds that a report which breaks off says nothing at all: its lists are not whole.
func TestReadTruncated(t *testing.T) {
	const whole = `{"unresolved_ids": ["b"], "resolved_ids": ["a", "aa"], "completed_ids": ["a", "aa", "b"]}`
	for n := range len(whole) {
		rep, err := read(recordedtest.Files{"a.json": whole[:n]})
		if err == nil && (rep.Outcome("a") != nil || rep.Outcome("b") != nil) {
			t.Errorf("cut at %d: it says something", n)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "run/a.json:1:") {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
}

// A broken report fails the question that it would have answered, and no other.
func TestReportsReadWhatIsAsked(t *testing.T) {
	src := recordedtest.Folder(recordedtest.Files{"a/results.json": `{"resolved_ids": ["x"]}`, "a/x.traj": "{}", "b/results.json": `{"resolved_ids": [true]}`, "b/x.traj": "{}"})
	reports := swebench.In(src)
	if got, err := reports.Outcome(src.Sub("a/x.traj"), "x"); err != nil || recordedtest.Word(got) != "completed" {
		t.Errorf("%s: %v", recordedtest.Word(got), err)
	}
	for range 2 { // an error is not taken for an answer the second time
		if _, err := reports.Outcome(src.Sub("b/x.traj"), "x"); err == nil || !strings.HasPrefix(err.Error(), "run/b/results.json: $.resolved_ids[0]") {
			t.Errorf("error %v", err)
		}
	}
	if got, err := swebench.In(src.Sub("a")).Outcome(src.Sub("a/x.traj"), "other"); err != nil || got != nil {
		t.Errorf("an instance of no report: %v (%v)", got, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"resolved_ids": ["a"], "unresolved_ids": ["b"]}`, `{"a": {"resolved": true}}`)
	f.Add(`{"resolved": ["a"], "applied": ["b"]}`, `{"a": 1}`)
	f.Fuzz(func(t *testing.T, run, report string) {
		rep, err := read(recordedtest.Files{"results.json": run, "report.json": report})
		if err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
		if alone, e := read(recordedtest.Files{"results.json": run}); err == nil && e == nil {
			if a := alone.Outcome("a"); a != nil && (rep.Outcome("a") == nil || *rep.Outcome("a") != *a) {
				t.Error("another report changed what one says")
			}
		}
	})
}
