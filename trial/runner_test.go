package trial_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/usage"
)

func TestOutcomes(t *testing.T) {
	served := usage.Call{ID: "1", Trial: "base/x/0", State: usage.Ended, Status: 200, Format: "openai.chat"}
	with := func(status int, problem string) usage.Call {
		c := served
		c.ID, c.Status, c.Problem = fmt.Sprint("2-", status), status, problem
		return c
	}
	free := usage.Call{ID: "3", Trial: "base/x/0", State: usage.Ended, Status: 404, Coverage: usage.Unbilled}
	tests := []struct {
		name    string
		task    suite.Task
		calls   []usage.Call
		outcome trial.Outcome
		cause   string
		detail  string
	}{
		{"accepted", command("x", "true", "true"), []usage.Call{served}, trial.Completed, "", "agent: exit status 0; grader: exit status 0"},
		{"refused", command("x", "true", "exit 3"), []usage.Call{served}, trial.Failed, trial.CauseGrader, "grader: exit status 3"},
		{"refused with a large status", command("x", "true", "exit 255"), nil, trial.Failed, trial.CauseGrader, "grader: exit status 255"},
		{"the agent's status is not completion", command("x", "exit 144", "true"), []usage.Call{served}, trial.Completed, "", "agent: exit status 144"},
		{"nor is its success", command("x", "exit 0", "false"), []usage.Call{served}, trial.Failed, trial.CauseGrader, ""},
		{"no such agent", command("x", "pertask-no-such-agent", "true"), nil, trial.Void, trial.CauseStart, "agent: exit status 127"},
		{"no such command at the end of work", command("x", "pertask-no-such-agent", "true"), []usage.Call{served}, trial.Completed, "", ""},
		{"no such grader", command("x", "true", "pertask-no-such-grader"), nil, trial.Void, trial.CauseGrading, "grader: exit status 127; in the untouched workspace: exit status 127"},
		{"a grader that is no program", command("x", "true", "/"), nil, trial.Void, trial.CauseGrading, "grader: exit status 126; in the untouched workspace: exit status 126"},
		{"a grader that is killed", command("x", "true", "kill -9 $$"), nil, trial.Failed, trial.CauseGrader, "grader: ended by signal: killed"},
		{"a grader whose command is killed", command("x", "true", "sh -c 'kill -9 $$'; exit $?"), nil, trial.Failed, trial.CauseGrader, "grader: exit status 137"},
		{"budget", command("x", "true", "true"), []usage.Call{served, with(0, "pertask: budget of the check is spent")}, trial.Void, trial.CauseBudget, ""},
		{"budget as the proxy notes it", command("x", "true", "true"), []usage.Call{with(0, "not forwarded: pertask: budget of the check is spent"), served}, trial.Void, trial.CauseBudget, ""},
		{"a cap that cannot be kept", command("x", "true", "true"), []usage.Call{served, with(0, "not forwarded: budget: the cost of an earlier call is unknown, so what a trial may cost cannot be kept")}, trial.Void, trial.CauseBudget, ""},
		{"cost cap", command("x", "true", "true"), []usage.Call{served, with(0, "not forwarded: cost cap: 0.6 USD are spent")}, trial.Failed, trial.CauseCost, ""},
		{"cost cap, and later the budget", command("x", "true", "true"), []usage.Call{served, with(0, "not forwarded: pertask: cost cap"), with(0, "not forwarded: budget")}, trial.Failed, trial.CauseCost, ""},
		{"a provider that speaks of cost caps", command("x", "true", "true"), []usage.Call{with(400, "cost cap exceeded"), served}, trial.Completed, "", ""},
		{"a provider that speaks of budgets", command("x", "true", "false"), []usage.Call{with(400, "budget exceeded")}, trial.Failed, trial.CauseGrader, ""},
		{"provider overloaded to the end", command("x", "true", "false"), []usage.Call{served, with(529, "")}, trial.Void, trial.CauseProvider, ""},
		{"provider rate limits to the end", command("x", "true", "false"), []usage.Call{with(429, "")}, trial.Void, trial.CauseProvider, ""},
		{"provider out of reach to the end", command("x", "true", "false"), []usage.Call{served, with(0, "the provider was not reached"), free}, trial.Void, trial.CauseProvider, ""},
		{"provider recovers", command("x", "true", "false"), []usage.Call{with(429, ""), served}, trial.Failed, trial.CauseGrader, ""},
		{"provider breaks after the work is done", command("x", "true", "true"), []usage.Call{served, with(500, "")}, trial.Void, trial.CauseProvider, ""},
		{"a request that nobody waits for", command("x", "true", "true"), []usage.Call{served, with(0, "the call was still in flight when its session was closed"), with(0, "not forwarded: the client had left")}, trial.Completed, "", ""},
		{"the settings are refused", command("x", "true", "false"), []usage.Call{with(400, ""), with(404, "")}, trial.Failed, trial.CauseGrader, ""},
		{"the key is refused", command("x", "true", "false"), []usage.Call{with(401, "")}, trial.Void, trial.CauseProvider, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, nil, tt.task)
			l.proxy.calls = func(string) []usage.Call { return tt.calls }
			got := l.one(t, "x")
			wantOutcome(t, got, tt.outcome, tt.cause)
			if !strings.Contains(got.Trial.Detail, tt.detail) {
				t.Errorf("detail %q, want %q in it", got.Trial.Detail, tt.detail)
			}
		})
	}
}

func TestTimeouts(t *testing.T) {
	short := func(task suite.Task) suite.Task { task.Timeout = 300 * time.Millisecond; return task }
	refused := usage.Call{ID: "1", Trial: "base/x/0", State: usage.Ended, Status: 503, Format: "openai.chat"}
	served := usage.Call{ID: "2", Trial: "base/x/0", State: usage.Ended, Status: 200, Format: "openai.chat"}
	slowGrader := command("x", "true", "sleep 600")
	slowGrader.GradeTimeout = 300 * time.Millisecond
	slowSetup := short(command("x", "true", "true"))
	slowSetup.Setup = "sleep 600"
	tests := []struct {
		name    string
		task    suite.Task
		calls   []usage.Call
		outcome trial.Outcome
		cause   string
	}{
		{"agent", short(command("x", "sleep 600", "true")), []usage.Call{refused, served}, trial.Failed, trial.CauseTimeout},
		{"agent that exits with success when told to end", short(command("x", "trap 'exit 0' TERM; sleep 600 & wait", "true")), nil, trial.Failed, trial.CauseTimeout},
		{"agent without a call", short(command("x", "sleep 600", "true")), nil, trial.Failed, trial.CauseTimeout},
		{"agent of a dead provider", short(command("x", "sleep 600", "true")), []usage.Call{refused}, trial.Void, trial.CauseProvider},
		{"grader", slowGrader, nil, trial.Failed, trial.CauseGrader},
		{"set-up", slowSetup, nil, trial.Void, trial.CauseSetup},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, nil, tt.task)
			l.proxy.calls = func(string) []usage.Call { return tt.calls }
			got := l.one(t, "x")
			wantOutcome(t, got, tt.outcome, tt.cause)
			if !strings.Contains(got.Trial.Detail, "out of time") {
				t.Errorf("detail %q, want a word about time", got.Trial.Detail)
			}
		})
	}
}

func TestTrialIsComplete(t *testing.T) {
	l := newLab(t, nil, command("x", "true", "true"))
	clock := time.Date(2026, 11, 22, 12, 0, 0, 0, time.FixedZone("", 3600))
	l.Now = func() time.Time { clock = clock.Add(time.Second); return clock }
	l.Shard = 4
	l.Harnesses = trial.Harnesses()
	h := l.Harnesses["command"]
	h.Version = "1.2.3"
	l.Harnesses["command"] = h
	call := usage.Call{ID: "c", Trial: "head/x/3", State: usage.Ended, Status: 200, Schema: usage.CallSchema}
	l.proxy.calls = func(id string) []usage.Call {
		if id != "head/x/3" {
			t.Errorf("the session is of %q", id)
		}
		return []usage.Call{call}
	}
	slot := trial.Slot{Look: 2, Arm: trial.Head, Task: "x", Index: 3}
	if err := l.runner(t).Run(t.Context(), []trial.Slot{slot}); err != nil {
		t.Fatal(err)
	}
	one := 1.0
	want := []trial.Result{{Calls: []usage.Call{call}, Trial: trial.Trial{
		Schema: trial.Schema, ID: "head/x/3", Slot: slot, Shard: 4, EvidenceKey: "key", Origin: trial.Fresh,
		Outcome: trial.Completed, Detail: "agent: exit status 0; grader: exit status 0", Harness: "command", Version: "1.2.3",
		Start: time.Date(2026, 11, 22, 11, 0, 1, 0, time.UTC), Seconds: &one,
	}}}
	if diff := cmp.Diff(want, l.told); diff != "" {
		t.Errorf("Done was told (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(trial.Evidence{Results: want}, load(t, l.journal)); diff != "" {
		t.Errorf("the journal holds (-want +got):\n%s", diff)
	}
}

func TestSeconds(t *testing.T) {
	task := command("x", "sleep 0.2", "sleep 0.01")
	task.Setup = "false"
	l := newLab(t, nil, task)
	if got := l.one(t, "x").Trial.Seconds; got != nil {
		t.Errorf("a trial that never began took %v s, want null", *got)
	}
	task.Setup = ""
	l = newLab(t, nil, task)
	if got := l.one(t, "x").Trial.Seconds; got == nil || *got < 0.2 {
		t.Errorf("the agent took %v s, want at least its sleep of 0.2", got)
	}
}

func TestSetupRunsFirst(t *testing.T) {
	task := command("x", `test "$(cat made)" = ready && echo agent >> made`, `test "$(tail -n 1 made)" = agent`)
	task.Setup = "echo ready > made; test -z \"$PERTASK_TOKEN$OPENAI_API_KEY\""
	l := newLab(t, nil, task)
	wantOutcome(t, l.one(t, "x"), trial.Completed, "")

	task.Setup = "exit 7"
	l = newLab(t, nil, task)
	l.proxy.calls = func(string) []usage.Call { t.Error("a session was opened"); return nil }
	got := l.one(t, "x")
	wantOutcome(t, got, trial.Void, trial.CauseSetup)
	if want := "set-up: exit status 7"; got.Trial.Detail != want {
		t.Errorf("detail %q, want %q", got.Trial.Detail, want)
	}
}

func TestConcurrency(t *testing.T) {
	for _, limit := range []int{0, 1, 3} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			var mu sync.Mutex
			now, most := 0, 0
			full := make(chan struct{})
			ask := func(context.Context, trial.Job) ([]byte, error) {
				mu.Lock()
				now++
				if most = max(most, now); most == max(limit, 1) {
					select {
					case <-full:
					default:
						close(full)
					}
				}
				mu.Unlock()
				<-full // nobody goes on before as many are here as may be
				mu.Lock()
				now--
				mu.Unlock()
				return []byte("yes"), nil
			}
			l := newLab(t, nil, suite.Task{ID: "x", Harness: "ask", Grade: suite.Grader{Kind: suite.GradeEquals, Value: "yes"}})
			l.Harnesses = map[string]trial.Harness{"ask": {Name: "ask", Ask: ask}}
			l.Concurrency = limit
			telling := false
			l.Done = func(r trial.Result) {
				if telling {
					t.Error("two calls of Done overlap")
				}
				telling = true
				l.told = append(l.told, r)
				telling = false
			}
			slots := trial.Plan(1, 0, []string{"x"}, 0, 12)
			if err := l.runner(t).Run(t.Context(), slots); err != nil {
				t.Fatal(err)
			}
			if len(l.told) != len(slots) {
				t.Errorf("%d trials, want %d", len(l.told), len(slots))
			}
			if want := max(limit, 1); most != want {
				t.Errorf("at most %d at the same time, want %d", most, want)
			}
			l.nothingLeft(t)
		})
	}
}

// Cancelling kills what runs, journals it as void, and leaves the rest of the plan for another time.
func TestCancel(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	task := command("x", `(trap '' TERM; sleep 600) & echo $! >> `+pids+`; echo $$ >> `+pids+`; wait`, "true")
	l := newLab(t, nil, task)
	l.Concurrency = 2
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		for range 1000 {
			if b, _ := os.ReadFile(pids); strings.Count(string(b), "\n") == 4 {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	err := l.runner(t).Run(ctx, trial.Plan(1, 0, []string{"x"}, 0, 10))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	noneAlive(t, pids, 4)
	l.nothingLeft(t)
	ev := load(t, l.journal)
	if len(ev.Results) != 2 {
		t.Fatalf("%d trials in the journal, want the 2 that were under way", len(ev.Results))
	}
	for _, r := range ev.Results {
		wantOutcome(t, r, trial.Void, trial.CauseCanceled)
	}
}

func TestCancelWhilePreparingAndGrading(t *testing.T) {
	for _, phase := range []string{"set-up", "grader"} {
		t.Run(phase, func(t *testing.T) {
			there, _ := witness(t)
			task := command("x", "true", "true")
			hang := "echo > " + there + "; sleep 600"
			if phase == "set-up" {
				task.Setup = hang
			} else {
				task.Grade.Value = hang
			}
			l := newLab(t, nil, task)
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				defer cancel()
				for range 1000 {
					if _, err := os.Stat(there); err == nil {
						return
					}
					time.Sleep(10 * time.Millisecond)
				}
			}()
			if err := l.runner(t).Run(ctx, trial.Plan(1, 0, []string{"x"}, 0, 1)); !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want %v", err, context.Canceled)
			}
			if len(l.told) != 1 {
				t.Fatalf("%d trials, want 1", len(l.told))
			}
			wantOutcome(t, l.told[0], trial.Void, trial.CauseCanceled)
			l.nothingLeft(t)
		})
	}
}

// noneAlive checks that the processes whose ids a file lists have ended.
func noneAlive(t *testing.T, file string, count int) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pids := strings.Fields(string(b))
	if len(pids) != count {
		t.Fatalf("%d processes were noted, want %d", len(pids), count)
	}
	if _, err := exec.LookPath("ps"); err != nil {
		t.Skip("ps is needed to see whether a process is alive")
	}
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("process %s is alive", pid)
		}
	}
}

// alive asks ps: a zombie that nobody waits for is dead.
func alive(pid string) bool {
	state, _ := exec.Command("ps", "-o", "stat=", "-p", pid).Output() // its status says that there is no such process
	s := strings.TrimSpace(string(state))
	return s != "" && !strings.HasPrefix(s, "Z")
}

type brokenJournal struct{ *journal.Memory }

var errDisk = errors.New("the disk is full")

func (brokenJournal) AppendTrial(trial.Trial) error { return errDisk }

func TestRunStopsWhenTheJournalBreaks(t *testing.T) {
	l := newLab(t, nil, command("x", "true", "true"))
	l.Journal = brokenJournal{l.journal}
	opened := 0
	l.proxy.calls = func(string) []usage.Call { opened++; return nil }
	err := l.runner(t).Run(t.Context(), trial.Plan(1, 0, []string{"x"}, 0, 50))
	if !errors.Is(err, errDisk) {
		t.Errorf("error %v, want %v", err, errDisk)
	}
	if opened > 2 {
		t.Errorf("%d trials were carried out after the journal broke", opened)
	}
	if len(l.told) != 0 {
		t.Errorf("Done was told of %d trials that are nowhere recorded", len(l.told))
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*trial.Config)
		want   string
	}{
		{"no source", func(c *trial.Config) { c.Source = nil }, "no source tree"},
		{"no suite", func(c *trial.Config) { c.Suite = nil }, "no suite"},
		{"no proxy", func(c *trial.Config) { c.Proxy = nil }, "no proxy"},
		{"no upstream", func(c *trial.Config) { c.Upstream = nil }, "no choice of an upstream"},
		{"no journal", func(c *trial.Config) { c.Journal = nil }, "no journal"},
		{"no evidence key", func(c *trial.Config) { c.EvidenceKey = "" }, "no evidence key"},
		{"an unknown harness", func(c *trial.Config) { c.Suite.Tasks[0].Harness = "telepathy" }, `needs the harness "telepathy"; there are ["command" "prompt"]`},
		{"a harness that does nothing", func(c *trial.Config) { c.Harnesses = map[string]trial.Harness{"command": {}} }, "one of Start and Ask"},
		{"an arm without an upstream", func(c *trial.Config) {
			c.Upstream = func(arm.Arm) (string, error) { return "", errors.New("provider \"x\" is not known") }
		}, `provider "x" is not known`},
		{"an upstream that the proxy does not have", func(c *trial.Config) { c.Upstream = func(arm.Arm) (string, error) { return "nowhere", nil } }, `the proxy has no "nowhere"`},
		{"settings outside of the repository", func(c *trial.Config) {
			c.Overlay = map[trial.Side]map[string][]byte{trial.Head: {"../x": nil}}
		}, `"../x" is not a path in the repository`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, fstest.MapFS{}, command("x", "true", "true"))
			tt.change(&l.Config)
			if _, err := trial.New(l.Config); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestRunRefusesSlots(t *testing.T) {
	slot := trial.Slot{Arm: trial.Base, Task: "x"}
	tests := []struct {
		name  string
		slots []trial.Slot
		want  string
	}{
		{"twice", []trial.Slot{slot, slot}, "is there twice"},
		{"another task", []trial.Slot{{Arm: trial.Base, Task: "y"}}, "a task that the suite does not have"},
		{"another arm", []trial.Slot{{Arm: "left", Task: "x"}}, "an arm that is not given"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, nil, command("x", "true", "true"))
			if err := l.runner(t).Run(t.Context(), tt.slots); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if len(l.told) != 0 {
				t.Errorf("%d trials were carried out", len(l.told))
			}
		})
	}
}

func TestScratchInsideARepositoryIsRefused(t *testing.T) {
	l := newLab(t, nil, command("x", "true", "true"))
	if err := os.Mkdir(filepath.Join(l.Scratch, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	l.Scratch = filepath.Join(l.Scratch, "deep", "inside")
	err := l.runner(t).Run(t.Context(), trial.Plan(1, 0, []string{"x"}, 0, 1))
	if err == nil || !strings.Contains(err.Error(), "git work tree") {
		t.Errorf("error %v, want one about the git work tree", err)
	}
}

func TestHarnessThatCannotStart(t *testing.T) {
	tests := []struct {
		name  string
		start func(trial.Job) (trial.Process, error)
		want  string
	}{
		{"an error", func(trial.Job) (trial.Process, error) { return trial.Process{}, errors.New("no model for this") }, "no model for this"},
		{"no program", func(trial.Job) (trial.Process, error) { return trial.Process{}, nil }, "names no program"},
		{"a program that is not there", func(trial.Job) (trial.Process, error) { return trial.Process{Argv: []string{"pertask-no-such"}}, nil }, "pertask-no-such"},
		{"a value that no variable can have", func(trial.Job) (trial.Process, error) {
			return trial.Process{Argv: []string{"true"}, Env: []string{"A=\x00"}}, nil
		}, "NUL"},
		{"a file outside of the home", func(trial.Job) (trial.Process, error) {
			return trial.Process{Argv: []string{"true"}, Files: map[string][]byte{"../x": nil}}, nil
		}, "writing the agent's files"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, nil, command("x", "", "true"))
			l.Harnesses = map[string]trial.Harness{"command": {Start: tt.start}}
			got := l.one(t, "x")
			wantOutcome(t, got, trial.Void, trial.CauseStart)
			if !strings.Contains(got.Trial.Detail, tt.want) {
				t.Errorf("detail %q, want %q in it", got.Trial.Detail, tt.want)
			}
		})
	}
}

// A harness that asks has folders where the task needs them, and none where making them would be for nothing.
func TestAskHasFoldersAsNeeded(t *testing.T) {
	equals := suite.Grader{Kind: suite.GradeEquals, Value: "yes"}
	tests := []struct {
		name string
		task suite.Task
		want bool
	}{
		{"an answer", suite.Task{Grade: equals}, false},
		{"a workspace", suite.Task{Grade: equals, Workspace: "tasks/x"}, true},
		{"a set-up", suite.Task{Grade: equals, Setup: "true"}, true},
		{"a file", suite.Task{Grade: suite.Grader{Kind: suite.GradeEquals, Value: "yes", Of: "out"}, Setup: "echo yes > out"}, true},
		{"a command", command("x", "", `read word; test "$word" = yes || test ! -e grader`), true},
		{"hidden files", suite.Task{Grade: equals, GraderFiles: "graders/x"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.task.ID, tt.task.Harness = "x", "ask"
			l := newLab(t, repository(), tt.task)
			l.proxy.calls = func(string) []usage.Call { return nil }
			l.Harnesses = map[string]trial.Harness{"ask": {Ask: func(_ context.Context, j trial.Job) ([]byte, error) {
				_, err := os.Stat(j.Workspace)
				if got := j.Workspace != "" && j.Home != "" && j.Settings != "" && err == nil; got != tt.want {
					t.Errorf("the job has folders: %v, want %v", got, tt.want)
				}
				return []byte("yes"), nil
			}}}
			wantOutcome(t, l.one(t, "x"), trial.Completed, "")
		})
	}
}

func TestProcessGetsItsInputAndFiles(t *testing.T) {
	l := newLab(t, nil, command("x", "", "true"))
	l.Suite.Tasks[0].Grade = suite.Grader{Kind: suite.GradeEquals, Value: "hello from a file"}
	l.Harnesses = map[string]trial.Harness{"command": {Start: func(j trial.Job) (trial.Process, error) {
		if j.Timeout != time.Minute || !filepath.IsAbs(j.Workspace) || j.Slot.Task != "x" {
			t.Errorf("the job is %+v", j)
		}
		return trial.Process{
			Argv: []string{"sh", "-c", `read word; printf '%s %s %s' "$word" "$(cat "$HOME/.agent/settings")" "$KIND"`},
			Env:  []string{"KIND=file"}, Stdin: "hello\n", Files: map[string][]byte{".agent/settings": []byte("from a")},
		}, nil
	}}}
	wantOutcome(t, l.one(t, "x"), trial.Completed, "")
}
