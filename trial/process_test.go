//go:build unix

package trial_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
)

// Whatever an agent has started is gone before the grader looks at its work.
func TestNothingOfTheAgentIsLeft(t *testing.T) {
	const stubborn = `(trap '' TERM HUP INT; while :; do sleep 1; done) & echo $! >> $PIDS; `
	tests := []struct {
		name    string
		command string
		count   int
		timeout time.Duration
		outcome trial.Outcome
		linux   bool // needs the list of a session's processes
	}{
		{name: "a child in the background", command: stubborn, count: 1, outcome: trial.Completed},
		{name: "a grandchild", command: `sh -c "$CHILD" & wait $!`, count: 1, outcome: trial.Completed},
		{name: "out of time", command: stubborn + `echo $$ >> $PIDS; sleep 600`, count: 2, timeout: 300 * time.Millisecond, outcome: trial.Failed},
		{name: "out of time, deaf itself", command: stubborn + `trap '' TERM; echo $$ >> $PIDS; while :; do sleep 1; done`, count: 2, timeout: 300 * time.Millisecond, outcome: trial.Failed},
		{name: "a child in a group of its own", command: `set -m; ` + stubborn, count: 1, outcome: trial.Completed, linux: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.linux && runtime.GOOS != "linux" {
				t.Skip("children that change their group are found on Linux only")
			}
			pids := filepath.Join(t.TempDir(), "pids")
			task := command("x", strings.NewReplacer("$PIDS", pids, "$CHILD", strings.ReplaceAll(stubborn, "$!", `\$!`)).Replace(tt.command), "true")
			task.Command = strings.ReplaceAll(task.Command, "$PIDS", pids)
			task.Timeout = tt.timeout
			l := newLab(t, nil, task)
			if got := l.one(t, "x"); got.Trial.Outcome != tt.outcome {
				t.Errorf("outcome %s, want %s; detail: %s", got.Trial.Outcome, tt.outcome, got.Trial.Detail)
			}
			noneAlive(t, pids, tt.count)
		})
	}
}

// A process that holds the agent's output open does not hold up the trial.
func TestOutputHeldOpen(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("setsid is needed to leave a session")
	}
	pids := filepath.Join(t.TempDir(), "pids")
	task := command("x", `setsid sh -c 'echo $$ > `+pids+`; exec sleep 600' & while ! test -s `+pids+`; do sleep 0.01; done; echo answer`, "")
	task.Grade = suite.Grader{Kind: suite.GradeEquals, Value: "answer"}
	l := newLab(t, nil, task)
	wantOutcome(t, l.one(t, "x"), trial.Completed, "")
	if runtime.GOOS == "linux" {
		noneAlive(t, pids, 1)
		return
	}
	b, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("kill", strings.TrimSpace(string(b))).Run(); err != nil {
		t.Errorf("the trial outlasted a process that left its session: %v", err)
	}
}

func TestAnswerIsBounded(t *testing.T) {
	task := command("x", fmt.Sprintf("head -c %d /dev/zero | tr '\\0' 'a'", trial.AnswerLimit+5), "")
	task.Grade = suite.Grader{Kind: suite.GradeMatches, Value: "^a+$"}
	l := newLab(t, nil, task)
	got := l.one(t, "x")
	wantOutcome(t, got, trial.Completed, "")
	if want := "5 bytes of the answer were dropped"; !strings.Contains(got.Trial.Detail, want) {
		t.Errorf("detail %q, want %q in it", got.Trial.Detail, want)
	}
	if strings.Contains(got.Trial.Detail, "aaa") {
		t.Error("the detail holds the answer")
	}
}
