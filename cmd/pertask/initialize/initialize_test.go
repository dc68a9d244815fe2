package initialize_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/change"
	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
	"github.com/pertask/pertask/cmd/pertask/initialize"
	"github.com/pertask/pertask/cmd/pertask/newrepo"
	"github.com/pertask/pertask/internal/golden"
)

const sha = "0123456789012345678901234567890123456789"

func run(args ...string) (stdout, stderr string, code int) {
	return commandtest.Run(commandtest.App(nil), command.Program{Commands: []command.Command{initialize.Command(), change.Plan()}}, args...)
}

func codex(t *testing.T) string {
	return commandtest.Repository(t, map[string]string{".codex/config.toml": "model = \"gpt-5.4\"\n"}, map[string]string{"x/README.md": "x\n"})
}

func text(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(data)
}

func TestInit(t *testing.T) {
	dir := codex(t)
	stdout, stderr, code := run("init", "--repo", filepath.Join(dir, "x"), "--pin", sha+"=v1.2.3")
	if code != 0 || stderr != "" {
		t.Fatalf("exit %d, %q", code, stderr)
	}
	golden.Check(t, "testdata/init.txt", stdout)
	if !strings.Contains(text(t, dir, ".github/workflows/pertask.yml"), "uses: pertask/pertask@"+sha+" # v1.2.3\n") {
		t.Error("the workflow does not have the pin")
	}
	first := text(t, dir, ".github/pertask.yml")
	// A second time, everything stays, also what a person has changed.
	if err := os.WriteFile(filepath.Join(dir, "evals/suite.yaml"), []byte("ours"), 0o644); err != nil {
		t.Fatal(err)
	}
	again, _, code := run("init", "--repo", dir)
	if code != 0 || strings.Contains(again, "wrote") || strings.Count(again, "kept ") != 2 || text(t, dir, "evals/suite.yaml") != "ours" || text(t, dir, ".github/pertask.yml") != first {
		t.Errorf("exit %d\n%s", code, again)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".github", ".pertask-init*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// What init has written is a set-up that a change of the model can be planned with.
func TestPlanRunsOnIt(t *testing.T) {
	for name, tt := range map[string]struct{ file, base, head, says string }{
		"codex":       {".codex/config.toml", "model = \"gpt-5.4\"\n", "model = \"gpt-5.4-mini\"\n", "starter for codex"},
		"claude-code": {".claude/settings.json", `{"model": "claude-opus-4-5"}`, `{"model": "claude-haiku-4-5"}`, "starter for claude-code"},
		"litellm": {"litellm_config.yaml", "model_list: [{model_name: main, litellm_params: {model: openai/gpt-5.4}}]\n",
			"model_list: [{model_name: main, litellm_params: {model: openai/gpt-5.4-mini}}]\n", "starter"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := commandtest.Repository(t, map[string]string{tt.file: tt.base}, map[string]string{"README.md": "x\n"})
			if _, stderr, code := run("init", "--repo", dir); code != 0 {
				t.Fatalf("exit %d, %q", code, stderr)
			}
			r := newrepo.At(dir)
			for _, err := range []error{r.Commit(t.Context(), nil, "init"), r.Branch(t.Context(), "switch"), r.Commit(t.Context(), map[string]string{tt.file: tt.head}, "switch")} {
				if err != nil {
					t.Fatal(err)
				}
			}
			stdout, stderr, code := run("plan", "--repo", dir, "--base", "head", "--head", "switch")
			if code != 0 || stderr != "" || !strings.Contains(strings.Join(strings.Fields(stdout), " "), "suite "+tt.says) || !strings.Contains(stdout, "This is what would be measured") {
				t.Errorf("exit %d, %q\n%s", code, stderr, stdout)
			}
		})
	}
}

func TestPrintWritesNothing(t *testing.T) {
	dir := codex(t)
	stdout, stderr, code := run("init", "--repo", dir, "--print", "--store")
	if code != 0 || stderr != "" {
		t.Fatalf("exit %d, %q", code, stderr)
	}
	for _, name := range []string{".github/pertask.yml", "evals/suite.yaml", ".github/workflows/pertask.yml", ".github/workflows/pertask-base.yml"} {
		if !strings.Contains(stdout, "--- "+name+"\n") {
			t.Errorf("%s is not printed", name)
		}
		if text(t, dir, name) != "" {
			t.Errorf("%s is written", name)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, ".github"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".github/pertask.yml"), []byte("version: 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if stdout, _, _ := run("init", "--repo", dir, "--print"); !strings.Contains(stdout, "--- .github/pertask.yml (is there and stays as it is)\n") {
		t.Errorf("%s", stdout)
	}
}

func TestLinksOutOfTheRepository(t *testing.T) {
	dir, outside := codex(t), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, ".github")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "evals"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "suite"), filepath.Join(dir, "evals/suite.yaml")); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := run("init", "--repo", dir)
	if code != command.ExitUsage || !strings.Contains(stderr, ".github") {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
	entries, err := os.ReadDir(outside)
	if err != nil || len(entries) != 0 {
		t.Errorf("%v is outside of the repository: %v", entries, err)
	}
}

func TestDefaultBranch(t *testing.T) {
	dir := codex(t)
	if err := os.MkdirAll(filepath.Join(dir, ".git/refs/remotes/origin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".git/refs/remotes/origin/HEAD"), []byte("ref: refs/remotes/origin/trunk\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if stdout, _, _ := run("init", "--repo", dir, "--print", "--store"); !strings.Contains(stdout, `branches: ["trunk"]`) {
		t.Errorf("%s", stdout)
	}
}

func TestMistakes(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		says string
	}{
		"a short pin":       {[]string{"--pin", "v1"}, "40 hex digits"},
		"an argument":       {[]string{"x"}, "0 are expected"},
		"no repository":     {[]string{"--repo", t.TempDir()}, "finding the repository"},
		"no such folder":    {[]string{"--repo", filepath.Join(t.TempDir(), "x")}, "finding the repository"},
		"an unknown option": {[]string{"--force"}, "not defined"},
	} {
		if stdout, stderr, code := run(append([]string{"init"}, tt.args...)...); code != command.ExitUsage || stdout != "" || !strings.Contains(stderr, tt.says) {
			t.Errorf("%s: exit %d, %q, %q", name, code, stdout, stderr)
		}
	}
}
