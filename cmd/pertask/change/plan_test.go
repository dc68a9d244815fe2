package change_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
)

func TestPlan(t *testing.T) {
	dir, calls := commandtest.Change(t, "report", commandtest.Mini)
	stdout, stderr, code := pertask(nil, "plan", "--repo", dir, "--base", "main", "--head", "head")
	if code != 0 || calls.Load() != 0 {
		t.Fatalf("exit %d after %d calls\n%s", code, calls.Load(), stderr)
	}
	for _, want := range []string{"model: gpt-5.4 -> gpt-5.4-mini", "agent.yaml:1", "$2.50", "$0.75", "30 trials"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the plan does not show %q:\n%s", want, stdout)
		}
	}
	for name, head := range map[string]map[string]string{
		"No model setting changed": {"README.md": "x\n"},
		"gpt-5.5":                  {"agent.py": "MODEL = 'gpt-5.5'\n"},
	} {
		dir, _ := commandtest.Change(t, "report", head)
		if stdout, stderr, code := pertask(nil, "plan", "--repo", dir, "--base", "main", "--head", "head"); code != 0 || !strings.Contains(stdout, name) {
			t.Errorf("exit %d, want the plan to say %q\n%s%s", code, name, stdout, stderr)
		}
	}
}

// TestPlanRefusesAPolicy holds that a policy that can never conclude is bad input with its place, whether it is planned or carried out.
func TestPlanRefusesAPolicy(t *testing.T) {
	dir := commandtest.Repository(t, map[string]string{
		".github/pertask.yml": "version: 1\nsuite: suite.yaml\nmodels: [{path: agent.yaml, model: $.model}]\nrun:\n  max_trials: 2\n",
		"suite.yaml":          commandtest.Suite, "agent.yaml": "model: gpt-5.4\n",
	}, commandtest.Mini)
	for _, args := range [][]string{{"plan", "--base", "main", "--head", "head"}, {"compare", "--base", "main", "--head", "head"}} {
		_, stderr, code := pertask(nil, append(args, "--repo", dir)...)
		if code != command.ExitUsage || !strings.Contains(stderr, ".github/pertask.yml:5:15: max_trials: 2 trials of each of 3 tasks can decide nothing; max_trials of 5 or more, or 10 tasks or more") {
			t.Errorf("%s: exit %d\n%s", args[0], code, stderr)
		}
	}
}
