package trial_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
)

func repository() fstest.MapFS {
	return fstest.MapFS{
		"README.md":                {Data: []byte("outside"), Mode: 0o644},
		"config/agents.yaml":       {Data: []byte("model: old"), Mode: 0o644},
		"tasks/x/main.txt":         {Data: []byte("main"), Mode: 0o644},
		"tasks/x/run.sh":           {Data: []byte("#!/bin/sh\necho ran\n"), Mode: 0o755},
		"tasks/x/readonly":         {Data: []byte("ro"), Mode: 0o444},
		"tasks/x/tests/a_test.txt": {Data: []byte("test a"), Mode: 0o644},
		"tasks/x/tests/sub/b.txt":  {Data: []byte("test b"), Mode: 0o644},
		"tasks/x/agent.json":       {Data: []byte(`{"model":"old"}`), Mode: 0o644},
		"tasks/x/link":             {Data: []byte("tests/a_test.txt"), Mode: fs.ModeSymlink | 0o777},
		"tasks/x/.git/config":      {Data: []byte("no part of a commit"), Mode: 0o644},
		"tasks/y/empty.txt":        {Mode: 0o644},
		"graders/x/verify.sh":      {Data: []byte("test \"$(cat main.txt)\" = fixed\n"), Mode: 0o755},
		"graders/x/tests/hidden":   {Data: []byte("hidden"), Mode: 0o644},
	}
}

func inWorkspace(run, grade string) suite.Task {
	task := command("x", run, grade)
	task.Workspace = "tasks/x"
	return task
}

func TestWorkspaceIsACopy(t *testing.T) {
	out, read := witness(t)
	l := newLab(t, repository(), inWorkspace(`find . | sort | while read f; do
		if test -L "$f"; then echo "$f -> $(readlink "$f")"; elif test -d "$f"; then echo "$f/"; elif test -x "$f"; then echo "$f*"; else echo "$f"; fi
	done > `+out+`; echo changed > main.txt; echo > tests/new`, "true"))
	want := strings.Join([]string{"./", "./agent.json", "./link -> tests/a_test.txt", "./main.txt", "./readonly", "./run.sh*", "./tests/", "./tests/a_test.txt", "./tests/sub/", "./tests/sub/b.txt"}, "\n")
	for range 2 { // the second trial sees nothing of the first
		wantOutcome(t, l.one(t, "x"), trial.Completed, "")
		if diff := cmp.Diff(want, read()); diff != "" {
			t.Errorf("the workspace (-want +got):\n%s", diff)
		}
	}
}

func TestWorkspaceThatIsEmptyOrTheWholeRepository(t *testing.T) {
	empty := command("empty", `test -z "$(ls -A)"`, `test -z "$(ls -A)"`)
	empty.Setup = `test -z "$(ls -A)"`
	whole := command("whole", "true", "test -f README.md && test -x tasks/x/run.sh")
	whole.Workspace = "."
	l := newLab(t, repository(), empty, whole)
	wantOutcome(t, l.one(t, "empty"), trial.Completed, "")
	wantOutcome(t, l.one(t, "whole"), trial.Completed, "")
}

func TestWorkspaceThatCannotBeCopied(t *testing.T) {
	tests := []struct {
		name string
		file *fstest.MapFile
		want string
	}{
		{"a link to above", &fstest.MapFile{Data: []byte("../../README.md"), Mode: fs.ModeSymlink}, "leads out of its workspace"},
		{"an absolute link", &fstest.MapFile{Data: []byte("/etc/passwd"), Mode: fs.ModeSymlink}, "leads out of its workspace"},
		{"a device", &fstest.MapFile{Mode: fs.ModeDevice}, "neither a file, a folder nor a symbolic link"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := repository()
			files["tasks/x/tests/odd"] = tt.file
			got := newLab(t, files, inWorkspace("true", "true")).one(t, "x")
			wantOutcome(t, got, trial.Void, trial.CauseSetup)
			if !strings.Contains(got.Trial.Detail, tt.want) {
				t.Errorf("detail %q, want %q in it", got.Trial.Detail, tt.want)
			}
		})
	}
	missing := inWorkspace("true", "true")
	missing.Workspace = "tasks/z"
	wantOutcome(t, newLab(t, repository(), missing).one(t, "x"), trial.Void, trial.CauseSetup)
}

func TestOverlay(t *testing.T) {
	out, read := witness(t)
	l := newLab(t, repository(), inWorkspace(`cd "$PERTASK_SETTINGS_DIR"; { find . -type f | sort; cat config/agents.yaml tasks/x/agent.json; } > `+out+`; test ! -e "$OLDPWD/config"`,
		`test "$(cat agent.json)" = '{"model":"new"}'`))
	l.Overlay = map[trial.Side]map[string][]byte{
		trial.Base: {"config/agents.yaml": []byte("model: new\n"), "tasks/x/agent.json": []byte(`{"model":"new"}`), "tasks/xy.json": nil},
		trial.Head: {"config/agents.yaml": []byte("the other arm's")},
	}
	wantOutcome(t, l.one(t, "x"), trial.Completed, "")
	want := "./config/agents.yaml\n./tasks/x/agent.json\n./tasks/xy.json\nmodel: new\n{\"model\":\"new\"}"
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Errorf("the settings (-want +got):\n%s", diff)
	}
}

// The agent cannot change what grades it.
func TestHostileWorkspace(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	reset := func() {
		if err := os.RemoveAll(outside); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(outside, "tests"), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"verify.sh", "tests/a_test.txt", "tests/hidden"} {
			if err := os.WriteFile(filepath.Join(outside, name), []byte("exit 0 # not ours"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	const untouched = `test "$(cat tests/a_test.txt)" = "test a" && test "$(cat tests/sub/b.txt)" = "test b" && test ! -L tests && test ! -L tests/a_test.txt && test "$(cat tests/hidden)" = hidden`
	tests := []struct {
		name  string
		agent string
		grade string
		want  trial.Outcome
	}{
		{"nothing done", "true", "./verify.sh", trial.Failed},
		{"the task done", "echo fixed > main.txt", "./verify.sh && " + untouched, trial.Completed},
		{"the grader is not there for the agent", "test ! -e verify.sh && test ! -e tests/hidden && echo fixed > main.txt", "./verify.sh", trial.Completed},
		{"a grader of its own", "echo 'exit 0' > verify.sh; chmod 555 verify.sh", "./verify.sh", trial.Failed},
		{"a link in the grader's place", "ln -s " + outside + "/verify.sh verify.sh", "./verify.sh", trial.Failed},
		{"a folder in the grader's place", "mkdir -p verify.sh/deep", "./verify.sh", trial.Failed},
		{"protected files edited", "echo mine > tests/a_test.txt; rm tests/sub/b.txt", untouched, trial.Completed},
		{"protected files removed", "rm -r tests", untouched, trial.Completed},
		{"a protected folder replaced by a file", "rm -r tests; echo > tests", untouched, trial.Completed},
		{"a protected folder replaced by a link out", "rm -r tests; ln -s " + outside + "/tests tests", untouched, trial.Completed},
		{"a protected folder replaced by a link inside", "mv tests mine; ln -s mine tests", untouched, trial.Completed},
		{"a protected file replaced by a link out", "ln -sf " + outside + "/tests/a_test.txt tests/a_test.txt", untouched, trial.Completed},
		{"a protected file replaced by a hard link", "ln -f main.txt tests/a_test.txt", untouched + ` && test "$(cat main.txt)" = main`, trial.Completed},
		{"a protected file replaced by a pipe", "rm tests/a_test.txt; mkfifo tests/a_test.txt", untouched, trial.Completed},
		{"files added to a protected folder", "echo > tests/conftest.py", "test ! -e tests/conftest.py", trial.Completed},
		{"folders without rights", "mkdir -p tests/locked/in; chmod 0 tests/locked tests", untouched, trial.Completed},
		{"the workspace replaced by a link", `d=$(pwd); cd ..; mv "$d" away; ln -s ` + outside + ` "$d"`, "true", trial.Failed},
		{"the workspace removed", `rm -rf "$(pwd)"`, "true", trial.Failed},
		{"configuration left at home", `echo 'alias=1' > "$HOME/.rc"`, `test -z "$(ls -A "$HOME")" && test -z "$(ls -A "$TMPDIR")"`, trial.Completed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reset()
			task := inWorkspace(tt.agent, tt.grade)
			task.Protect = []string{"tests"}
			task.GraderFiles = "graders/x"
			got := newLab(t, repository(), task).one(t, "x")
			if got.Trial.Outcome != tt.want {
				t.Errorf("outcome %s, want %s; detail: %s", got.Trial.Outcome, tt.want, got.Trial.Detail)
			}
			for _, name := range []string{"verify.sh", "tests/a_test.txt", "tests/hidden"} {
				if b, err := os.ReadFile(filepath.Join(outside, name)); string(b) != "exit 0 # not ours" {
					t.Errorf("the file %s outside of the workspace became %q (%v)", name, b, err)
				}
			}
		})
	}
}

func TestProtectASingleFileOfASwappedFolder(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "a_test.txt"), []byte("theirs"), 0o644); err != nil {
		t.Fatal(err)
	}
	task := inWorkspace("rm -r tests; ln -s "+outside+" tests", `test "$(cat tests/a_test.txt)" = "test a"`)
	task.Protect = []string{"tests/a_test.txt"}
	wantOutcome(t, newLab(t, repository(), task).one(t, "x"), trial.Completed, "")
	if b, _ := os.ReadFile(filepath.Join(outside, "a_test.txt")); string(b) != "theirs" {
		t.Errorf("the file outside became %q", b)
	}
}

func TestProtectEverything(t *testing.T) {
	task := inWorkspace("echo > new; rm main.txt", `test "$(cat main.txt)" = main && test ! -e new`)
	task.Protect = []string{"."}
	wantOutcome(t, newLab(t, repository(), task).one(t, "x"), trial.Completed, "")
}

func TestProtectOutsideOfTheWorkspaceBreaksTheGrader(t *testing.T) {
	task := inWorkspace("true", "true")
	task.Protect = []string{"../y"}
	wantOutcome(t, newLab(t, repository(), task).one(t, "x"), trial.Void, trial.CauseGrading)
}

func TestGradersOfAnswers(t *testing.T) {
	schema := []byte(`{"type":"object","required":["team"]}`)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("billing"), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		command string
		grader  suite.Grader
		outcome trial.Outcome
		cause   string
	}{
		{"equals", "echo billing", suite.Grader{Kind: suite.GradeEquals, Value: "billing"}, trial.Completed, ""},
		{"not equals", "echo sales", suite.Grader{Kind: suite.GradeEquals, Value: "billing"}, trial.Failed, trial.CauseGrader},
		{"the error output is no answer", "echo billing >&2", suite.Grader{Kind: suite.GradeContains, Value: "billing"}, trial.Failed, trial.CauseGrader},
		{"contains", "echo it is billing.", suite.Grader{Kind: suite.GradeContains, Value: "billing"}, trial.Completed, ""},
		{"matches", "echo BILL", suite.Grader{Kind: suite.GradeMatches, Value: "^[A-Z]+\n$"}, trial.Completed, ""},
		{"schema", `echo '{"team":1}'`, suite.Grader{Kind: suite.GradeJSONSchema, SchemaJSON: schema}, trial.Completed, ""},
		{"schema refuses", `echo '{"tea":1}'`, suite.Grader{Kind: suite.GradeJSONSchema, SchemaJSON: schema}, trial.Failed, trial.CauseGrader},
		{"a grader that is broken", "true", suite.Grader{Kind: suite.GradeMatches, Value: "("}, trial.Void, trial.CauseGrading},
		{"of a file", "mkdir out; echo billing > out/team", suite.Grader{Kind: suite.GradeEquals, Value: "billing", Of: "out/team"}, trial.Completed, ""},
		{"of a link inside", "echo billing > team; ln -s team out", suite.Grader{Kind: suite.GradeEquals, Value: "billing", Of: "out"}, trial.Completed, ""},
		{"of a file that is not there", "echo billing", suite.Grader{Kind: suite.GradeEquals, Value: "billing", Of: "out"}, trial.Failed, trial.CauseGrader},
		{"of a link out", "ln -s " + secret + " out", suite.Grader{Kind: suite.GradeEquals, Value: "billing", Of: "out"}, trial.Failed, trial.CauseGrader},
		{"of a folder", "mkdir out", suite.Grader{Kind: suite.GradeMatches, Value: ".*", Of: "out"}, trial.Failed, trial.CauseGrader},
		{"of a pipe", "mkfifo out", suite.Grader{Kind: suite.GradeMatches, Value: ".*", Of: "out"}, trial.Failed, trial.CauseGrader},
		{"a command reads the answer", "echo billing", suite.Grader{Kind: suite.GradeCommand, Value: `read word; test "$word" = billing`}, trial.Completed, ""},
		{"a command reads no answer", "true", suite.Grader{Kind: suite.GradeCommand, Value: `! read word`}, trial.Completed, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			task := suite.Task{ID: "x", Command: tt.command, Grade: tt.grader}
			got := newLab(t, nil, task).one(t, "x")
			wantOutcome(t, got, tt.outcome, tt.cause)
			if strings.Contains(got.Trial.Detail, "billing") {
				t.Errorf("the detail holds the answer: %q", got.Trial.Detail)
			}
		})
	}
}

// Folders that the agent has locked do not stay behind. The superuser may remove them anyway.
func TestLockedFoldersAreRemoved(t *testing.T) {
	l := newLab(t, repository(), inWorkspace(`mkdir -p a/b/c && echo > a/b/c/f && chmod 0 a/b/c && chmod 500 a/b a .; mkdir -p "$HOME/go/pkg/mod" && echo > "$HOME/go/pkg/mod/f" && chmod -R a-w "$HOME/go"`, "true"))
	wantOutcome(t, l.one(t, "x"), trial.Completed, "") // one looks for what is left
}

// What an agent would take settings from is not there while it runs, set-up's included, and is the base's for the grader.
func TestSettingsOfTheAgentAreHidden(t *testing.T) {
	task := inWorkspace(`test ! -e agent.json && test ! -e tests && echo '{"model":"mine"}' > agent.json && mkdir tests && echo hidden > seen`,
		`test "$(cat seen)" = hidden && grep -q old agent.json && test -f tests/a_test.txt && test ! -e made.json`)
	task.Setup = `echo {} > made.json; echo more > tests/made`
	l := newLab(t, repository(), task)
	h := trial.Command()
	h.Hide = []string{"agent.json", "tests", "made.json", "absent/config"}
	l.Harnesses = map[string]trial.Harness{"command": h}
	wantOutcome(t, l.one(t, "x"), trial.Completed, "")

	h.Hide = []string{"../x"}
	l.Harnesses = map[string]trial.Harness{"command": h}
	wantOutcome(t, l.one(t, "x"), trial.Void, trial.CauseSetup)
}
