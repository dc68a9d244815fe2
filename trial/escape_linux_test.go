package trial_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
)

// A process that escapes its session and goes on to write the grader's files decides nothing, and is gone when
// the trial is.
func TestGraderRewrittenDuringGrading(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("setsid is needed to leave a session")
	}
	tests := []struct {
		name    string
		by      string
		agent   string // what the agent does after that
		timeout time.Duration
		cause   string
	}{
		{name: "in a session of its own", by: "setsid", cause: trial.CauseGrader},
		{name: "with an empty environment", by: `env -i "PATH=$PATH" setsid`, cause: trial.CauseGrader},
		{name: "out of time", by: "setsid", agent: "exec sleep 600", timeout: time.Second, cause: trial.CauseTimeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pids := filepath.Join(t.TempDir(), "pids")
			// It writes by relative and by absolute path, and keeps the file that it has held open.
			attack := tt.by + ` sh -c 'exec 3<>verify.sh; echo $$ > ` + pids + `
				while :; do echo "exit 0" > verify.sh; echo "exit 0" > "$(pwd -P)/tests/a_test.txt"; echo "exit 0" >&3; done' &
				while ! test -s ` + pids + `; do sleep 0.01; done; ` + tt.agent
			// The grader gives a survivor time to change it.
			task := inWorkspace(attack, `sleep 0.3; ./verify.sh || grep -q exit tests/a_test.txt`)
			task.Protect, task.GraderFiles, task.Timeout = []string{"tests"}, "graders/x", tt.timeout
			wantOutcome(t, newLab(t, repository(), task).one(t, "x"), trial.Failed, tt.cause)
			noneAlive(t, pids, 1)
		})
	}
}

// TestEscapedSetUp: what a set-up leaves behind does not reach the agent.
func TestEscapedSetUp(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("setsid is needed to leave a session")
	}
	pids := filepath.Join(t.TempDir(), "pids")
	task := inWorkspace("! kill -0 $(cat "+pids+") && echo gone > main.txt", "grep -q gone main.txt")
	task.Setup = "setsid sh -c 'echo $$ > " + pids + "; exec sleep 600' & while ! test -s " + pids + "; do sleep 0.01; done"
	wantOutcome(t, newLab(t, repository(), task).one(t, "x"), trial.Completed, "")
}

// A grader works where the agent never was: what still happens in the agent's workspace does not reach it.
func TestGradedInAFreshCopy(t *testing.T) {
	out, read := witness(t)
	task := inWorkspace(`pwd -P > `+out+`; echo done > main.txt; ln -sf main.txt alias; ln main.txt twin; echo > "odd
name"; mkdir -p deep/er; echo x > deep/er/file; chmod 0 deep/er/file deep/er; chmod 751 run.sh; chmod 4755 readonly
mkfifo pipe; mkdir .git; echo y > .git/config; touch -d "2020-01-02 03:04:05Z" main.txt deep; ln -s /nowhere/at/all out`,
		`old=$(cat `+out+`); test -d "$old" && test "$old" != "$(pwd -P)" && echo rewritten | tee "$old/main.txt" "$old/verify.sh" "$old/tests/a_test.txt" > /dev/null &&
		test "$(cat main.txt twin alias)" = "done
done
done" && test -L alias && test "$(readlink out)" = /nowhere/at/all && test -e "odd
name" && test ! -e pipe && test "$(cat .git/config)" = y && test "$(cat tests/a_test.txt)" = "test a" && grep -q fixed verify.sh &&
		stat -c "%a %Y" run.sh readonly deep main.txt deep/er | cut -d " " -f 1 | tr "\n" " " | grep -q "751 755 755 644 0" &&
		test "$(stat -c %Y main.txt deep | tr "\n" " ")" = "1577934245 1577934245 "`)
	task.Protect, task.GraderFiles = []string{"tests"}, "graders/x"
	wantOutcome(t, newLab(t, repository(), task).one(t, "x"), trial.Completed, "")
	if b, err := os.ReadFile(filepath.Join(read(), "verify.sh")); err == nil {
		t.Errorf("the agent's workspace is still there: %s", b)
	}
}

// Copying what the agent has left may take as long as grading may, and no longer.
func TestFreshCopyOutOfTime(t *testing.T) {
	task := inWorkspace("true", "true")
	task.GradeTimeout = time.Nanosecond
	got := newLab(t, repository(), task).one(t, "x")
	wantOutcome(t, got, trial.Failed, trial.CauseGrader)
	if want := "out of time: copying the workspace"; !strings.Contains(got.Trial.Detail, want) {
		t.Errorf("detail %q, want %q in it", got.Trial.Detail, want)
	}
}

// Two trials at once: the sweep after one of them spares what the other one has in a session of its own.
func TestSweepSparesOtherTrials(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("setsid is needed to leave a session")
	}
	dir := t.TempDir()
	long := command("long", `cd `+dir+`; (setsid sh -c 'echo $$ > pid; exec sleep 600' &); while ! test -e stop; do sleep 0.01; done; kill -0 $(cat pid) && echo alive`, "")
	long.Grade = suite.Grader{Kind: suite.GradeEquals, Value: "alive"}
	l := newLab(t, nil, long, command("quick", "while ! test -s "+dir+"/pid; do sleep 0.01; done", "true"))
	l.Concurrency = 2
	quick := 0
	l.Done = func(r trial.Result) {
		l.told = append(l.told, r)
		if r.Trial.Task == "quick" {
			if quick++; quick == 5 {
				if err := os.WriteFile(filepath.Join(dir, "stop"), nil, 0o600); err != nil {
					t.Error(err)
				}
			}
		}
	}
	slots := []trial.Slot{{Arm: trial.Base, Task: "long"}}
	for i := range 5 {
		slots = append(slots, trial.Slot{Arm: trial.Base, Task: "quick", Index: i})
	}
	if err := l.runner(t).Run(t.Context(), slots); err != nil {
		t.Fatal(err)
	}
	for _, r := range l.told {
		wantOutcome(t, r, trial.Completed, "")
	}
	l.nothingLeft(t)
}
