package agentstest_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/internal/fakeagent"
	"github.com/pertask/pertask/internal/scripted"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/usage"
)

func TestMain(m *testing.M) {
	fakeagent.Main()
	// Programs are looked up in the PATH of this process.
	if folders := os.Getenv("PERTASK_AGENTS"); folders != "" {
		if err := os.Setenv("PATH", folders+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// keys are the real ones, by the variable that a person would have them in.
var keys = map[string]string{"OPENAI_API_KEY": "sk-real-openai-1", "ANTHROPIC_API_KEY": "sk-real-anthropic-2", "GEMINI_API_KEY": "real-gemini-3"}

// lab is everything from a plan to a provider.
type lab struct {
	server   *scripted.Server
	proxy    *meter.Proxy
	upstream map[string]meter.Upstream
	cfg      trial.Config

	results []trial.Result
}

// newLab starts a provider and a proxy before it. The upstreams are the well-known ones, but for the provider.
func newLab(t *testing.T, script scripted.Config) *lab {
	t.Helper()
	l := &lab{upstream: map[string]meter.Upstream{}}
	script.Keys = slices.Collect(maps.Values(keys))
	var err error
	if l.server, err = scripted.Start(script); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.server.Close() })
	var ups []meter.Upstream
	for _, u := range meter.DefaultUpstreams() {
		path := map[string]string{"openai": "/v1", "anthropic": "", "gemini": "", "google": "/v1beta/openai"}
		if p, ok := path[u.Name]; ok {
			u.URL = l.server.URL() + p
			ups = append(ups, u)
			l.upstream[u.Name] = u
		}
	}
	l.proxy, err = meter.Start(meter.Config{Upstreams: ups, Keys: meter.KeysFromEnv(func(name string) string { return keys[name] }, ups),
		Admit: func(context.Context, usage.Call) error { return nil }, Drain: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
		defer stop()
		if err := l.proxy.Close(ctx); err != nil {
			t.Errorf("closing the proxy: %v", err)
		}
	})
	l.cfg = trial.Config{
		Source: fstest.MapFS{}, Suite: &suite.Suite{Name: "agents"}, Arms: map[trial.Side]arm.Arm{},
		Proxy: trial.Metered(l.proxy), Upstreams: slices.Sorted(maps.Keys(l.upstream)),
		Upstream: func(a arm.Arm) (string, error) { name, _ := a.Get(arm.MainSlot, arm.Provider); return name, nil },
		Journal:  journal.NewMemory(), Scratch: t.TempDir(), EvidenceKey: "agents", Concurrency: 4,
		Done: func(r trial.Result) { l.results = append(l.results, r) },
	}
	return l
}

// settings makes an arm of pairs of a key and its value.
func settings(pairs ...string) arm.Arm {
	var a arm.Arm
	for i := 0; i < len(pairs); i += 2 {
		a = a.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Key(pairs[i]), Value: pairs[i+1]})
	}
	return a
}

// tasks makes the suite's tasks: each has the agent write a text that no other task has.
func (l *lab) tasks(harness string, n int) {
	for i := range n {
		id := fmt.Sprintf("write-%d", i)
		text := fmt.Sprintf("hello-%d", i)
		l.cfg.Suite.Tasks = append(l.cfg.Suite.Tasks, suite.Task{ID: id, Harness: harness, Prompt: scripted.Prompt("out.txt", text), Timeout: 4 * time.Minute,
			Grade: suite.Grader{Kind: suite.GradeCommand, Value: `test "$(cat out.txt)" = ` + text}})
	}
}

// textOf is the text that a task wants.
func textOf(task string) string { return "hello-" + task[len("write-"):] }

// run carries out a trial of every task under every arm, as many at once as the lab says.
func (l *lab) run(t *testing.T) {
	t.Helper()
	runner, err := trial.New(l.cfg)
	if err != nil {
		t.Fatal(err)
	}
	var slots []trial.Slot
	for _, task := range l.cfg.Suite.Tasks {
		for _, side := range slices.Sorted(maps.Keys(l.cfg.Arms)) {
			slots = append(slots, trial.Slot{Arm: side, Task: task.ID})
		}
	}
	if err := runner.Run(t.Context(), slots); err != nil {
		t.Fatal(err)
	}
	if len(l.results) != len(slots) {
		t.Fatalf("%d trials came back of %d", len(l.results), len(slots))
	}
}

// completed holds every trial to have completed.
func (l *lab) completed(t *testing.T) {
	t.Helper()
	for _, r := range l.results {
		if r.Trial.Outcome != trial.Completed {
			t.Errorf("%s is %s (%s): %s; its calls: %s", r.Trial.ID, r.Trial.Outcome, r.Trial.Cause, r.Trial.Detail, short(r.Calls))
		}
	}
}

func short(calls []usage.Call) (out string) {
	for _, c := range calls {
		out += fmt.Sprintf("[%s %s %d %s %s]", c.Path, c.RequestedModel, c.Status, c.Coverage, c.Problem)
	}
	return out
}
