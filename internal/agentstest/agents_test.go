package agentstest_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/pertask/pertask/harness"
	"github.com/pertask/pertask/internal/scripted"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// real is one of the agents that others have made, and what it is to do here.
type real struct {
	name, program, provider string
	base, head              []string          // settings of the arms
	efforts                 map[string]string // by model, as the provider is asked for them
	side                    []string          // models that it asks besides the arm's
	mute                    bool              // it says nothing of its consumption, or leaves the side calls out
	lumps                   bool              // it takes what was written to a cache for plain input
	failures                []scripted.Failure
}

// agents are in the order of their weight.
var agents = []real{
	// The two models get different tools: a function, and a script in a namespace.
	{name: "codex", program: "codex", provider: "openai",
		base:     []string{"model", "gpt-5.5", "effort", "low"},
		head:     []string{"model", "gpt-6.1-sol", "effort", "high"},
		efforts:  map[string]string{"gpt-5.5": "low", "gpt-6.1-sol": "high"},
		failures: []scripted.Failure{{Status: 429}, {Status: 500}}},
	{name: "pi", program: "pi", provider: "openai",
		base:     []string{"model", "gpt-5.4", "effort", "low"},
		head:     []string{"model", "gpt-5.5", "effort", "high"},
		efforts:  map[string]string{"gpt-5.4": "low", "gpt-5.5": "high"},
		lumps:    true,
		failures: []scripted.Failure{{Status: 429}, {Status: 500}}},
	{name: "claude-code", program: "claude", provider: "anthropic",
		base:     []string{"model", "claude-sonnet-4-6", "effort", "low"},
		head:     []string{"model", "claude-opus-5-5", "effort", "high"},
		efforts:  map[string]string{"claude-sonnet-4-6": "low", "claude-opus-5-5": "high"},
		failures: []scripted.Failure{{Status: 429}, {Status: 500}}},
	{name: "copilot", program: "copilot", provider: "openai",
		base:     []string{"model", "gpt-5.4", "effort", "low"},
		head:     []string{"model", "gpt-5.5", "effort", "high"},
		efforts:  map[string]string{"gpt-5.4": "low", "gpt-5.5": "high"},
		failures: []scripted.Failure{{Status: 429}, {Status: 500}}},
	{name: "gemini", program: "gemini", provider: "google",
		base:     []string{"model", "gemini-3.5-flash-lite", "effort", "low"},
		head:     []string{"model", "gemini-3.8-flash", "effort", "high"},
		efforts:  map[string]string{"gemini-3.5-flash-lite": "low", "gemini-3.8-flash": "high"},
		failures: []scripted.Failure{{Status: 429}, {Status: 500}}},
	{name: "qwen", program: "qwen", provider: "openai",
		base:     []string{"model", "qwen3-max", "effort", "low"},
		head:     []string{"model", "qwen3-coder-plus", "effort", "high"},
		efforts:  map[string]string{"qwen3-max": "low", "qwen3-coder-plus": "high"},
		failures: []scripted.Failure{{Status: 429}, {Status: 500}}},
	{name: "opencode", program: "opencode", provider: "openai",
		base:     []string{"model", "gpt-5.4", "effort", "low"},
		head:     []string{"model", "gpt-5.5", "effort", "high"},
		efforts:  map[string]string{"gpt-5.4": "low", "gpt-5.5": "high"},
		failures: []scripted.Failure{{Status: 429}, {Status: 500}}},
	{name: "cline", program: "cline", provider: "openai",
		base:     []string{"model", "gpt-5.4", "effort", "low"},
		head:     []string{"model", "gpt-5.5", "effort", "high"},
		efforts:  map[string]string{"gpt-5.4": "low", "gpt-5.5": "high"},
		failures: []scripted.Failure{{Status: 500}}},
}

// find skips the test where the agent is not installed, or fails it where it must be.
func (r real) find(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath(r.program); err == nil {
		return
	}
	if slices.Contains(strings.Split(os.Getenv("PERTASK_NEED_AGENTS"), ","), r.name) {
		t.Fatalf("%s is not installed, and PERTASK_NEED_AGENTS lists it; scripts/agents.sh installs it", r.name)
	}
	t.Skipf("%s is not installed; scripts/agents.sh installs it, and PERTASK_AGENTS names its folder", r.name)
}

func (r real) lab(t *testing.T, script scripted.Config) *lab {
	t.Helper()
	l := newLab(t, script)
	l.cfg.Harnesses = harness.All()
	if _, ok := l.cfg.Harnesses[r.name]; !ok {
		t.Fatalf("there is no harness for %s", r.name)
	}
	return l
}

// TestAgents has each agent do two tasks under two arms, all at once: a file is edited by the agent's own tool, the grader
// agrees, and every token is metered on the trial that it was spent for.
func TestAgents(t *testing.T) {
	for _, r := range agents {
		t.Run(r.name, func(t *testing.T) {
			r.find(t)
			l := r.lab(t, scripted.Config{})
			l.tasks(r.name, 2)
			l.twoArms(r.provider, r.base, r.head)
			l.run(t)
			l.completed(t)
			l.account(t)
			l.attributed(t, 2, r.side...)
			if r.efforts != nil {
				l.efforts(t, r.efforts)
			}
			if !r.mute {
				l.told(t, r.lumps)
			}
		})
	}
}

// TestAgentsAfterFailures has each agent meet a provider that refuses at first. It asks again, and what was refused is
// journalled beside what was served.
func TestAgentsAfterFailures(t *testing.T) {
	for _, r := range agents {
		t.Run(r.name, func(t *testing.T) {
			r.find(t)
			l := r.lab(t, scripted.Config{Failures: r.failures})
			l.tasks(r.name, 1)
			l.twoArms(r.provider, r.base, r.head)
			delete(l.cfg.Arms, trial.Head)
			l.run(t)
			l.completed(t)
			l.account(t)
			for _, f := range r.failures {
				if !slices.ContainsFunc(l.results[0].Calls, func(c usage.Call) bool { return c.Status == f.Status }) {
					t.Errorf("no call with the status %d is in the journal: %s", f.Status, short(l.results[0].Calls))
				}
			}
		})
	}
}
