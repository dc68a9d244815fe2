package fakeagent_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pertask/pertask/internal/fakeagent"
	"github.com/pertask/pertask/internal/scripted"
	"github.com/pertask/pertask/usage"
)

func TestMain(m *testing.M) {
	fakeagent.Main()
	os.Exit(m.Run())
}

// desk is an agent's folder and its provider.
type desk struct {
	server *scripted.Server
	dir    string
}

func newDesk(t *testing.T, cfg scripted.Config) *desk {
	t.Helper()
	s, err := scripted.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &desk{s, t.TempDir()}
}

// agent prepares an agent that is to write "hello-1" into out.txt.
func (d *desk) agent(t *testing.T, o fakeagent.Options) *exec.Cmd {
	t.Helper()
	line, err := o.Command()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = d.dir
	cmd.Env = append(os.Environ(), "PERTASK_BASE_URL="+d.server.URL(), "PERTASK_TOKEN=key-1", "PERTASK_MODEL=m-1", "PERTASK_EFFORT=high",
		"PERTASK_PROMPT="+scripted.Prompt("out.txt", "hello-1"), "PERTASK_USAGE_FILE="+filepath.Join(d.dir, "usage.json"))
	cmd.Stderr = new(bytes.Buffer)
	return cmd
}

func (d *desk) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(d.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func all(scripted.Served) bool { return true }

// reported is what the agent's own report says, in the classes that it has.
func (d *desk) reported(t *testing.T) [5]usage.Count {
	t.Helper()
	var r map[string]usage.Count
	if err := json.Unmarshal([]byte(d.read(t, "usage.json")), &r); err != nil {
		t.Fatal(err)
	}
	return [5]usage.Count{r["input"], r["cache_read"], r["cache_creation"], r["output"], r["reasoning"]}
}

func served(u usage.Tokens) [5]usage.Count {
	created := u.CacheCreation.Plus(u.CacheCreation5m).Plus(u.CacheCreation1h)
	return [5]usage.Count{u.Input, u.CacheRead, created, u.Output, u.Reasoning}
}

func TestDoesItsTaskByEveryAPI(t *testing.T) {
	for _, api := range fakeagent.APIs() {
		for _, stream := range []bool{false, true} {
			t.Run(string(api)+map[bool]string{true: ", a stream"}[stream], func(t *testing.T) {
				d := newDesk(t, scripted.Config{Keys: []string{"key-1"}})
				cmd := d.agent(t, fakeagent.Options{API: api, Stream: stream})
				said, err := cmd.Output()
				if err != nil {
					t.Fatalf("%v: %s", err, cmd.Stderr)
				}
				if got := d.read(t, "out.txt"); got != "hello-1" || !strings.HasPrefix(string(said), "Done:") {
					t.Errorf("the file has %q and the agent says %q", got, said)
				}
				l := d.server.Ledger()
				if len(l.Calls) != 2 || l.Refused != 0 || l.Calls[0].Tool != "write_file" || l.Calls[1].Tool != "" {
					t.Fatalf("the provider has seen %+v", l)
				}
				if c := l.Calls[0]; c.Stream != stream || c.Effort != "high" || c.Model != "m-1" {
					t.Errorf("the agent asked for %+v", c)
				}
				if got, want := d.reported(t), served(l.Total(all)); got != want {
					t.Errorf("the agent reports %v, want %v", got, want)
				}
			})
		}
	}
}

func TestAsksAgainAfterFailures(t *testing.T) {
	d := newDesk(t, scripted.Config{Failures: []scripted.Failure{{Status: 429}, {Status: 500}, {Cut: true}}})
	cmd := d.agent(t, fakeagent.Options{API: fakeagent.Messages, Stream: true})
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, cmd.Stderr)
	}
	if got := len(d.server.Ledger().Calls); got != 5 || d.read(t, "out.txt") != "hello-1" {
		t.Errorf("%d calls were made, want three that fail and two", got)
	}
}

func TestGivesUp(t *testing.T) {
	d := newDesk(t, scripted.Config{Failures: []scripted.Failure{{Status: 400}}})
	cmd := d.agent(t, fakeagent.Options{API: fakeagent.Chat})
	if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != 1 || len(d.server.Ledger().Calls) != 1 {
		t.Errorf("an agent that is refused ends with %v after %d calls, want status 1 after one", err, len(d.server.Ledger().Calls))
	}
	for name, o := range map[string]fakeagent.Options{"no such API": {API: "telegraph"}} {
		cmd := d.agent(t, o)
		if err := cmd.Run(); err == nil || !strings.Contains(cmd.Stderr.(*bytes.Buffer).String(), "allowed are") {
			t.Errorf("%s: it ends with %v and says %s", name, err, cmd.Stderr)
		}
	}
}

func TestStaysInItsFolder(t *testing.T) {
	d := newDesk(t, scripted.Config{})
	cmd := d.agent(t, fakeagent.Options{API: fakeagent.Chat})
	cmd.Env = append(cmd.Env, "PERTASK_PROMPT="+scripted.Prompt("../out.txt", "hello-1"))
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, cmd.Stderr)
	}
	if _, err := os.Stat(filepath.Join(d.dir, "..", "out.txt")); !os.IsNotExist(err) {
		t.Errorf("it wrote outside of its folder: %v", err)
	}
}

// eventually waits for a condition, for as long as a slow machine may need.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// started starts an agent and makes sure that it is gone after the test.
func (d *desk) started(t *testing.T, o fakeagent.Options) (cmd *exec.Cmd, ended chan struct{}) {
	t.Helper()
	cmd, ended = d.agent(t, o), make(chan struct{})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait() // how it ends is said by what it left
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	return cmd, ended
}

func (d *desk) hasDone(what string) func() bool {
	return func() bool {
		info, err := os.Stat(filepath.Join(d.dir, what))
		return err == nil && info.Size() > 0
	}
}

func TestLoopsWithoutAnEnd(t *testing.T) {
	d := newDesk(t, scripted.Config{})
	d.started(t, fakeagent.Options{API: fakeagent.Chat, Habit: fakeagent.Loop})
	eventually(t, "more calls than any other agent makes", func() bool { return len(d.server.Ledger().Calls) > 30 })
}

func TestIsDeaf(t *testing.T) {
	d := newDesk(t, scripted.Config{})
	cmd, ended := d.started(t, fakeagent.Options{API: fakeagent.Chat, Habit: fakeagent.Deaf})
	eventually(t, "the task is done", d.hasDone("usage.json"))
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
		t.Error("a signal ended it")
	case <-time.After(100 * time.Millisecond):
	}
}

func TestLeavesAChild(t *testing.T) {
	d := newDesk(t, scripted.Config{})
	cmd := d.agent(t, fakeagent.Options{API: fakeagent.Chat, Habit: fakeagent.Fork})
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, cmd.Stderr)
	}
	pid, err := strconv.Atoi(d.read(t, fakeagent.ChildFile))
	if err != nil {
		t.Fatal(err)
	}
	child, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Kill(); err != nil {
		t.Errorf("the child is not there any more: %v", err)
	}
}

func TestTakesSpace(t *testing.T) {
	d := newDesk(t, scripted.Config{})
	cmd := d.agent(t, fakeagent.Options{API: fakeagent.Chat, Habit: fakeagent.Write, Amount: 3})
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, cmd.Stderr)
	}
	if got := len(d.read(t, fakeagent.BigFile)); got != 3<<20 {
		t.Errorf("the file has %d bytes, want 3 MiB", got)
	}
}

func TestTakesMemory(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("this machine does not tell how much memory a process has")
	}
	d := newDesk(t, scripted.Config{})
	cmd, _ := d.started(t, fakeagent.Options{API: fakeagent.Chat, Habit: fakeagent.Eat, Amount: 64})
	eventually(t, "64 MiB are resident", func() bool { return resident(cmd.Process.Pid) > 64<<10 })
}

// resident is what a process has in memory in KiB, or 0.
func resident(pid int) int {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return n
		}
	}
	return 0
}

func TestQuits(t *testing.T) {
	d := newDesk(t, scripted.Config{})
	cmd := d.agent(t, fakeagent.Options{API: fakeagent.Chat, Habit: fakeagent.Quit})
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 3 || len(d.server.Ledger().Calls) != 0 {
		t.Errorf("it ended with %v after %d calls, want status 3 before the first", err, len(d.server.Ledger().Calls))
	}
}

func TestIsSilentAboutItsUsage(t *testing.T) {
	d := newDesk(t, scripted.Config{})
	cmd := d.agent(t, fakeagent.Options{API: fakeagent.Chat, Habit: fakeagent.Silence})
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, cmd.Stderr)
	}
	if _, err := os.Stat(filepath.Join(d.dir, "usage.json")); !os.IsNotExist(err) {
		t.Errorf("a report is there: %v", err)
	}
}
