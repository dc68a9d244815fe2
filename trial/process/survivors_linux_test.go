package process_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/trial/process"
)

// TestSurvivorsHelper is no test: it is a process that is killed and leaves the children of a program behind.
func TestSurvivorsHelper(t *testing.T) {
	file := os.Getenv("PROCESS_TEST_SURVIVORS")
	if file == "" {
		t.Skip("this is the process that TestSweepRun starts")
	}
	script := "sh -c 'echo $$ >> " + file + "; sleep 600; true' & " + // in the program's session
		"setsid sh -c 'echo $$ >> " + file + "; sleep 600; true' & " + // in another one
		"setsid sh -c 'env -i sh -c \"echo \\$\\$ >> " + file + "; sleep 600; true\"; true' & " + // without the mark, below one that has it
		"sleep 600"
	_, _ = process.Program{Argv: []string{"sh", "-c", script}, Env: append(os.Environ(), process.RunEnv(os.Getenv("PROCESS_TEST_WORK"))), Limit: time.Hour}.
		Run(t.Context(), time.Now)
}

// leaveBehind starts a process that works on something and returns it with the ids of what it has started.
func leaveBehind(t *testing.T, work string) (cmd *exec.Cmd, pids []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pids")
	cmd = exec.Command(os.Args[0], "-test.run=^TestSurvivorsHelper$")
	cmd.Env = append(os.Environ(), "PROCESS_TEST_SURVIVORS="+file, "PROCESS_TEST_WORK="+work)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); process.SweepRun(work) })
	for range 3000 {
		b, _ := os.ReadFile(file)
		if pids = strings.Fields(string(b)); len(pids) == 3 {
			return cmd, pids
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("started %q, want three processes", pids)
	return nil, nil
}

func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
}

func TestSweepRun(t *testing.T) {
	needSetsid(t)
	mine, theirs := t.Name()+"/mine", t.Name()+"/theirs"
	dead, orphans := leaveBehind(t, mine)
	other, others := leaveBehind(t, theirs)
	live, children := leaveBehind(t, mine)
	kill(t, dead)
	kill(t, other)

	killed, left := process.SweepRun(mine)
	if killed < 3 || left != 0 {
		t.Errorf("%d killed and %d left, want at least 3 and none", killed, left)
	}
	for _, pid := range orphans {
		if !gone(t, pid) {
			t.Errorf("the survivor %s is still there", pid)
		}
	}
	for _, pid := range others {
		if state(t, pid) == "" {
			t.Errorf("the process %s, which works on something else, was killed", pid)
		}
	}
	for _, pid := range children {
		if state(t, pid) == "" {
			t.Errorf("the process %s, whose owner is there, was killed", pid)
		}
	}
	if killed, left := process.SweepRun(mine); killed != 0 || left != 0 {
		t.Errorf("a second time %d were killed and %d left, want none", killed, left)
	}
	kill(t, live)
	if killed, _ := process.SweepRun(mine); killed < 3 {
		t.Errorf("%d killed when the other owner had ended, want at least 3", killed)
	}
}

// The mark is set in this process's own programs, and sweeping does not end them.
func TestSweepRunSparesItsOwn(t *testing.T) {
	p := shell("echo $PERTASK_RUN_MARK; sleep 0.3")
	p.Env = append(p.Env, process.RunEnv(t.Name()))
	ended := make(chan process.Ending, 1)
	go func() {
		end, _ := p.Run(context.Background(), time.Now)
		ended <- end
	}()
	time.Sleep(100 * time.Millisecond)
	if killed, left := process.SweepRun(t.Name()); killed != 0 || left != 0 {
		t.Errorf("%d killed, %d left; want none", killed, left)
	}
	end := <-ended
	mark := strings.TrimSpace(string(end.Output))
	if end.Status != 0 || process.RunMark+"="+mark != process.RunEnv(t.Name()) || strings.Count(mark, ".") != 3 {
		t.Errorf("%v with the mark %q, want exit status 0 with %q", end, mark, process.RunEnv(t.Name()))
	}
}
