//go:build linux

package trial_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/process"
)

// A trial that takes more than it may has failed, with its cost, and so has one whose grader does: it runs what the agent made.
func TestLimits(t *testing.T) {
	const hog = "head -c 200000000 /dev/zero | tail -c 200000000 | sleep 600"
	tests := []struct {
		name          string
		agent, grader string
		limits        trial.Limits
		outcome       trial.Outcome
		cause, detail string
	}{
		{name: "no limits", agent: "head -c 3000000 /dev/zero > big", outcome: trial.Completed, detail: "agent: exit status 0"},
		{name: "within limits", agent: "head -c 1000 /dev/zero > small", limits: trial.Limits{Memory: 1 << 30, Disk: 1 << 20},
			outcome: trial.Completed, detail: "agent: exit status 0"},
		{name: "memory of several processes", agent: hog, limits: trial.Limits{Memory: 100 << 20},
			outcome: trial.Failed, cause: trial.CauseMemory, detail: "agent: out of memory"},
		{name: "memory of what has left the session", agent: "setsid sh -c '" + hog + "' & sleep 600", limits: trial.Limits{Memory: 100 << 20},
			outcome: trial.Failed, cause: trial.CauseMemory, detail: "agent: out of memory"},
		{name: "a file too large", agent: "sleep 0.1; head -c 3000000 /dev/zero > big; true", limits: trial.Limits{Disk: 1 << 20},
			outcome: trial.Failed, cause: trial.CauseDisk, detail: "agent: out of disk"},
		{name: "many files, and on", agent: "for i in 1 2 3 4 5 6; do head -c 500000 /dev/zero > f$i; done; exec sleep 600", limits: trial.Limits{Disk: 1 << 20},
			outcome: trial.Failed, cause: trial.CauseDisk, detail: "agent: out of disk"},
		{name: "many files, and done", agent: "for i in 1 2 3 4 5 6; do head -c 500000 /dev/zero > $HOME/f$i; done", limits: trial.Limits{Disk: 1 << 20},
			outcome: trial.Failed, cause: trial.CauseDisk, detail: "agent: out of disk"},
		{name: "many empty files", agent: "mkdir d; cd d; seq 1000 | xargs touch", limits: trial.Limits{Disk: 1 << 20},
			outcome: trial.Failed, cause: trial.CauseDisk, detail: "agent: out of disk"},
		{name: "the grader's memory", agent: "true", grader: hog, limits: trial.Limits{Memory: 100 << 20},
			outcome: trial.Failed, cause: trial.CauseGrader, detail: "grader: out of memory"},
		{name: "the grader's disk", agent: "true", grader: "head -c 3000000 /dev/zero > big", limits: trial.Limits{Disk: 1 << 20},
			outcome: trial.Failed, cause: trial.CauseGrader, detail: "grader: out of disk"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.grader == "" {
				tt.grader = "true"
			}
			l := newLab(t, nil, command("x", tt.agent, tt.grader))
			l.Limits = tt.limits
			got := l.one(t, "x")
			wantOutcome(t, got, tt.outcome, tt.cause)
			if !strings.Contains(got.Trial.Detail, tt.detail) {
				t.Errorf("detail %q, want %q in it", got.Trial.Detail, tt.detail)
			}
		})
	}
}

// The status that a shell gives of a writer beyond the limit says so of a shell only, or when the folders are full too.
func TestStatusOfAFileTooLarge(t *testing.T) {
	const nothing, large = "exit 153", "head -c 3000000 /dev/zero > big; exit 153"
	tests := []struct {
		name    string
		argv    []string
		limit   int64
		outcome trial.Outcome
		cause   string
	}{
		{"of a shell", []string{"sh", "-c", nothing}, 1 << 20, trial.Failed, trial.CauseDisk},
		{"of a shell without a limit", []string{"sh", "-c", nothing}, 0, trial.Completed, ""},
		{"of another program", []string{"env", "sh", "-c", nothing}, 1 << 20, trial.Completed, ""},
		{"of another program with full folders", []string{"env", "sh", "-c", large}, 1 << 20, trial.Failed, trial.CauseDisk},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, nil, command("x", "unused", "true"))
			l.Harnesses = map[string]trial.Harness{"command": {Name: "command", Start: func(trial.Job) (trial.Process, error) {
				return trial.Process{Argv: tt.argv}, nil
			}}}
			l.Limits = trial.Limits{Disk: tt.limit}
			for _, l.Sandbox = range []trial.Sandbox{nil, &fakeSandbox{}} {
				wantOutcome(t, l.one(t, "x"), tt.outcome, tt.cause)
			}
		})
	}
}

// A warm-up whose program needs more than it may is a warm-up still: what it was is in its Detail.
func TestWarmupOverItsLimits(t *testing.T) {
	task := command("x", "head -c 3000000 /dev/zero > big; exit 1", "true")
	l := newLab(t, nil, task)
	l.Limits = trial.Limits{Disk: 1 << 20}
	slots := []trial.Slot{{Arm: trial.Base, Task: "x", Index: trial.WarmupIndex}, {Arm: trial.Base, Task: "x"}}
	if err := l.runner(t).Run(t.Context(), slots); err != nil {
		t.Fatal(err)
	}
	if len(l.told) != 2 || !l.told[0].Trial.Warmup() {
		t.Fatalf("told of %+v, want the warm-up and the trial", l.told)
	}
	wantOutcome(t, l.told[0], trial.Void, trial.CauseWarmup)
	if !strings.Contains(l.told[0].Trial.Detail, "agent: out of disk") {
		t.Errorf("detail %q, want what became of the agent", l.told[0].Trial.Detail)
	}
	wantOutcome(t, l.told[1], trial.Failed, trial.CauseDisk)
}

// fakeSandbox notes what it is asked for, and breaks where it is told to.
type fakeSandbox struct {
	refuse, breaks, leaves string // commands

	mu    sync.Mutex
	rooms []trial.Room
	ran   []process.Program
}

func (s *fakeSandbox) Name() string { return "a fake" }

func (s *fakeSandbox) Inside(p process.Program, r trial.Room) (process.Program, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rooms, s.ran = append(s.rooms, r), append(s.ran, p)
	what := p.Argv[len(p.Argv)-1]
	if what == s.refuse {
		return p, errors.New("no room")
	}
	leash := filepath.Join(r.Aside, "leash")
	if err := os.WriteFile(leash, nil, 0o600); err != nil {
		return p, err
	}
	p.Keeper = &process.Keeper{Leash: leash, Ended: func(e process.Ending) (process.Ending, error) {
		if what == s.breaks {
			return e, errors.New("it fell apart")
		}
		if what == s.leaves {
			e.Left = 2
		}
		return e, nil
	}}
	return p, nil
}

// The agent and the grader are in the sandbox, the set-up is not; only the agent reaches the proxy.
func TestInSandbox(t *testing.T) {
	task := suite.Task{ID: "x", Setup: "true", Command: "echo > done", Timeout: time.Minute, Grade: suite.Grader{Kind: suite.GradeCommand, Value: "test -e done"}}
	l := newLab(t, nil, task)
	s := &fakeSandbox{}
	l.Sandbox = s
	l.Limits = trial.Limits{Memory: 1 << 30, Disk: 1 << 20}
	got := l.one(t, "x")
	wantOutcome(t, got, trial.Completed, "")
	if got.Trial.Sandbox != "a fake" {
		t.Errorf("the trial records the sandbox %q, want its name", got.Trial.Sandbox)
	}
	if len(s.rooms) != 2 {
		t.Fatalf("%d programs were in the sandbox, want the agent and the grader", len(s.rooms))
	}
	for i, r := range s.rooms {
		p := s.ran[i]
		if r.Proxy != (i == 0) || !slices.Contains(r.Write, p.Dir) || slices.Contains(r.Write, r.Aside) || p.Memory != 1<<30 || p.FileSize != 1<<20 {
			t.Errorf("program %d has the room %+v, the folder %q and the limits %d and %d", i, r, p.Dir, p.Memory, p.FileSize)
		}
		for _, folder := range r.Write {
			if filepath.Dir(folder) != filepath.Dir(p.Dir) || folder == filepath.Dir(p.Dir) {
				t.Errorf("program %d may write %q", i, folder)
			}
		}
	}
	if s.rooms[0].Aside == s.rooms[1].Aside {
		t.Error("the grader has the agent's folder")
	}
}

// Where whoever writes the suite must not get at the machine, the set-up is in the sandbox too, without the proxy, and is not
// run without one.
func TestSetupInSandbox(t *testing.T) {
	task := func(setup string) suite.Task {
		return suite.Task{ID: "x", Setup: setup, Command: "test -e made", Timeout: time.Minute, Grade: suite.Grader{Kind: suite.GradeCommand, Value: "test -e made"}}
	}
	tests := []struct {
		name    string
		setup   string
		box     *fakeSandbox
		limits  trial.Limits
		rooms   int
		outcome trial.Outcome
		cause   string
		detail  string
	}{
		{"inside", "echo > made", &fakeSandbox{}, trial.Limits{Disk: 1 << 20}, 3, trial.Completed, "", ""},
		{"no sandbox", "echo > made", nil, trial.Limits{}, 0, trial.Void, trial.CauseSetup, "set-ups run in a sandbox here, and there is none"},
		{"refused", "exit 3", &fakeSandbox{refuse: "exit 3"}, trial.Limits{}, 1, trial.Void, trial.CauseSetup, "no room"},
		{"fails", "exit 3", &fakeSandbox{}, trial.Limits{}, 1, trial.Void, trial.CauseSetup, "exit status 3 (set-ups run in the sandbox here, without a network)"},
		{"leaves processes", "echo > made", &fakeSandbox{leaves: "echo > made"}, trial.Limits{}, 1, trial.Void, trial.CauseSetup, "set-up: 2 of its processes could not be ended"},
		{"too large", "head -c 3000000 /dev/zero > big", &fakeSandbox{}, trial.Limits{Disk: 1 << 20}, 1, trial.Void, trial.CauseSetup, "out of disk"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, nil, task(tt.setup))
			l.SetupsInside, l.Limits = true, tt.limits
			if tt.box != nil {
				l.Sandbox = tt.box
			}
			got := l.one(t, "x")
			wantOutcome(t, got, tt.outcome, tt.cause)
			if !strings.Contains(got.Trial.Detail, tt.detail) {
				t.Errorf("detail %q, want %q in it", got.Trial.Detail, tt.detail)
			}
			if tt.box == nil {
				return
			}
			if len(tt.box.rooms) != tt.rooms || tt.box.rooms[0].Proxy || tt.box.ran[0].Argv[2] != tt.setup {
				t.Errorf("%d programs were in the sandbox, want %d, the first the set-up without the proxy: %+v", len(tt.box.rooms), tt.rooms, tt.box.ran)
			}
		})
	}
}

// Trials record what kept them in by its name, and nothing without one. Journals of before have no such field.
func TestSandboxIsRecorded(t *testing.T) {
	l := newLab(t, nil, command("x", "true", "true"))
	for _, want := range []string{"", "a fake"} {
		if want != "" {
			l.Sandbox = &fakeSandbox{}
		}
		if got := l.one(t, "x").Trial.Sandbox; got != want {
			t.Errorf("the trial records the sandbox %q, want %q", got, want)
		}
		line, err := json.Marshal(l.told[len(l.told)-1].Trial)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(line), `"sandbox":"a fake"`); got != (want != "") {
			t.Errorf("the trial is written as %s", line)
		}
		var again trial.Trial
		if err := json.Unmarshal(line, &again); err != nil || again.Sandbox != want {
			t.Errorf("read back as %q (%v), want %q", again.Sandbox, err, want)
		}
	}
}

// A sandbox that breaks says nothing about the arm.
func TestSandboxBreaks(t *testing.T) {
	for name, s := range map[string]*fakeSandbox{
		"refuses the agent": {refuse: ": agent"}, "breaks with the agent": {breaks: ": agent"},
		"refuses the grader": {refuse: ": grader"}, "breaks with the grader": {breaks: ": grader"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, nil, command("x", ": agent", ": grader"))
			l.Sandbox = s
			wantOutcome(t, l.one(t, "x"), trial.Void, trial.CauseSandbox)
		})
	}
}

// An agent that nests its folders deeper than anybody looks into them has failed, whoever looks first.
func TestFoldersTooDeep(t *testing.T) {
	for _, tt := range []struct {
		name  string
		limit int64
		cause string
	}{{"a limit", 1 << 30, trial.CauseDisk}, {"no limit", 0, trial.CauseGrader}} {
		t.Run(tt.name, func(t *testing.T) {
			task := inWorkspace("i=0; while [ $i -lt 700 ]; do mkdir d && cd d || exit 1; i=$((i+1)); done", "true")
			l := newLab(t, repository(), task)
			l.Limits.Disk = tt.limit
			wantOutcome(t, l.one(t, "x"), trial.Failed, tt.cause)
		})
	}
}
