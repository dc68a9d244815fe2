package trial_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/usage"
)

// lab is a runner under test with everything around it.
type lab struct {
	trial.Config
	proxy   *fakeProxy
	journal *journal.Memory
	told    []trial.Result // what Done was told
}

func newLab(t *testing.T, files fstest.MapFS, tasks ...suite.Task) *lab {
	t.Helper()
	l := &lab{proxy: &fakeProxy{base: "http://127.0.0.1:1/t/s"}, journal: journal.NewMemory()}
	for i := range tasks {
		if tasks[i].Harness == "" {
			tasks[i].Harness = "command"
		}
		if tasks[i].Grade.Kind == "" {
			tasks[i].Grade = suite.Grader{Kind: suite.GradeCommand, Value: "true"}
		}
		if tasks[i].Timeout == 0 {
			tasks[i].Timeout = time.Minute
		}
	}
	l.Config = trial.Config{
		Source: files,
		Suite:  &suite.Suite{Name: "s", Tasks: tasks},
		Arms: map[trial.Side]arm.Arm{
			trial.Base: {Settings: []arm.Setting{{Slot: "main", Key: arm.Model, Value: "model-b"}}},
			trial.Head: {Settings: []arm.Setting{{Slot: "main", Key: arm.Model, Value: "model-h"}}},
		},
		Proxy:       l.proxy,
		Upstream:    func(arm.Arm) (string, error) { return "openai", nil },
		Upstreams:   []string{"openai", "anthropic"},
		Journal:     l.journal,
		Scratch:     t.TempDir(),
		EvidenceKey: "key",
		Done:        func(r trial.Result) { l.told = append(l.told, r) },
	}
	return l
}

func (l *lab) runner(t *testing.T) *trial.Runner {
	t.Helper()
	r, err := trial.New(l.Config)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// one carries out one trial of the base arm, and checks what holds for every trial.
func (l *lab) one(t *testing.T, task string) trial.Result {
	t.Helper()
	slot := trial.Slot{Arm: trial.Base, Task: task}
	if err := l.runner(t).Run(t.Context(), []trial.Slot{slot}); err != nil {
		t.Fatal(err)
	}
	if len(l.told) == 0 {
		t.Fatal("Done was told of nothing")
	}
	l.nothingLeft(t)
	return l.told[len(l.told)-1]
}

// nothingLeft checks that the scratch folder is empty and every session is closed.
func (l *lab) nothingLeft(t *testing.T) {
	t.Helper()
	left, err := os.ReadDir(l.Scratch)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range left {
		t.Errorf("%s is left in the scratch folder", e.Name())
	}
	l.proxy.mu.Lock()
	defer l.proxy.mu.Unlock()
	if l.proxy.open != 0 {
		t.Errorf("%d sessions are left open", l.proxy.open)
	}
}

func wantOutcome(t *testing.T, got trial.Result, outcome trial.Outcome, cause string) {
	t.Helper()
	if got.Trial.Outcome != outcome || got.Trial.Cause != cause {
		t.Errorf("outcome %s (%s), want %s (%s); detail: %s", got.Trial.Outcome, got.Trial.Cause, outcome, cause, got.Trial.Detail)
	}
}

// fakeProxy hands out sessions with scripted calls.
type fakeProxy struct {
	base  string
	calls func(trial string) []usage.Call
	// refused is what the sessions tell of refusals that are final.
	refused chan struct{}

	mu   sync.Mutex
	n    int
	open int
}

func (p *fakeProxy) Open(name string) trial.Session {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	p.open++
	return &fakeSession{p: p, trial: name, token: fmt.Sprintf("ptk_%d_token", p.n)}
}

type fakeSession struct {
	p            *fakeProxy
	trial, token string
	closed       bool
}

func (s *fakeSession) URL(upstream string) string { return s.p.base + "/" + upstream }
func (s *fakeSession) Token() string              { return s.token }

func (s *fakeSession) Refused() <-chan struct{} { return s.p.refused }

func (s *fakeSession) Close(context.Context) []usage.Call {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.p.open--
	}
	if s.p.calls == nil {
		return nil
	}
	return s.p.calls(s.trial)
}

// command is a task that runs a shell command and accepts when a shell command does.
func command(id, run, grade string) suite.Task {
	return suite.Task{ID: id, Command: run, Grade: suite.Grader{Kind: suite.GradeCommand, Value: grade}}
}

// witness is a file outside of every workspace that commands can write to.
func witness(t *testing.T) (path string, read func() string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "witness")
	return path, func() string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("the witness was not written: %v", err)
		}
		return strings.TrimSpace(string(b))
	}
}

func call(id, of string, state usage.State) usage.Call {
	return usage.Call{ID: id, Trial: of, State: state, Upstream: "openai", Status: 200, Tokens: usage.None()}
}

func load(t *testing.T, j trial.Journal) trial.Evidence {
	t.Helper()
	ev, err := j.Load()
	if err != nil {
		t.Fatal(err)
	}
	return ev
}

// outline writes evidence down in short, to compare it.
func outline(ev trial.Evidence) []string {
	var out []string
	for _, r := range ev.Results {
		line := "result " + r.Trial.ID + " " + string(r.Trial.Outcome)
		for _, c := range r.Calls {
			line += " " + c.ID + ":" + string(c.State)
		}
		out = append(out, line)
	}
	for _, c := range ev.Open {
		out = append(out, "open "+c.ID)
	}
	for _, c := range ev.Stray {
		out = append(out, "stray "+c.ID)
	}
	return out
}
