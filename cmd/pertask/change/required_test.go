package change_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
	"github.com/pertask/pertask/internal/need"
)

// Trials of a journal that ran without a sandbox are not taken where one is required: the command says what to do.
func TestCompareResumeRefusesTrialsWithoutASandbox(t *testing.T) {
	need.Program(t, "sh")
	config := func(sandbox string) string {
		return "version: 1\nsuite: suite.yaml\nmodels: [{path: agent.yaml, model: $.model}]\nrun: {max_trials: 6, sandbox: " + sandbox + "}\n"
	}
	dir := commandtest.Repository(t, map[string]string{
		".github/pertask.yml": config("none"), "agent.yaml": "model: gpt-5.4\n",
		"suite.yaml": "name: tickets\nharness: command\ncommand: \"true\"\ntasks: [{id: a, grade: {contains: x}}]\n",
	}, commandtest.Mini)
	out := filepath.Join(t.TempDir(), "out")
	env := map[string]string{"OPENAI_API_KEY": "sk-0123456789abcdef", "PATH": os.Getenv("PATH")}
	compare := func(more ...string) (string, int) {
		stdout, stderr, code := pertask(env, append([]string{"compare", "--repo", dir, "--base", "main", "--head", "head", "--out", out}, more...)...)
		return stdout + stderr, code
	}
	if printed, code := compare(); code != 0 || !strings.Contains(printed, "12 of 12 trials") || !strings.Contains(printed, "Not sandboxed") {
		t.Fatalf("exit %d\n%s", code, printed)
	}
	commandtest.Commit(t, dir, "main", map[string]string{".github/pertask.yml": config("required")})
	printed, code := compare("--resume")
	flat := strings.Join(strings.Fields(printed), " ")
	for _, want := range []string{"`run.sandbox` is required", "12 trials of the journal ran without one", "name another folder for the report, or remove the journal"} {
		if code != command.ExitUsage || !strings.Contains(flat, want) {
			t.Errorf("exit %d, want %d with %q\n%s", code, command.ExitUsage, want, printed)
		}
	}
}
