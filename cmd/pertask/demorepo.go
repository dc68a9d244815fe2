package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/internal/replay"
)

// demoRepository makes a git repository in dir: main has the base's model, the branch "cheaper" the head's.
func demoRepository(a command.App, dir string, d demo, records *replay.Records, address string) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	base := map[string]string{
		".github/pertask.yml": demoConfig(d, address),
		"evals/suite.yaml":    demoSuite(d, program, records.Tasks()),
		"config/agent.yaml":   demoSettings(d.baseBy, d.base),
		"README.md":           "# An agent\n\nIts model is in config/agent.yaml.\n",
	}
	steps := []func() error{
		func() error { return git(a, dir, "init", "-q") },
		func() error { return git(a, dir, "symbolic-ref", "HEAD", "refs/heads/main") },
		func() error { return commit(a, dir, base, "An agent and its suite") },
		func() error { return git(a, dir, "checkout", "-q", "-b", "cheaper") },
		func() error {
			return commit(a, dir, map[string]string{"config/agent.yaml": demoSettings(d.headBy, d.head)}, "Change the model")
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("making the demo's repository: %w", err)
		}
	}
	return nil
}

func demoSettings(provider, model string) string {
	return fmt.Sprintf("# The model of our agent.\ncoder:\n  provider: %s\n  model: %s\n", provider, model)
}

func demoConfig(d demo, address string) string {
	var b strings.Builder
	b.WriteString(`version: 1
suite: evals/suite.yaml
models:
  - path: config/agent.yaml
    model: $.coder.model
    provider: $.coder.provider
run:
  max_trials: 1 # the records hold one trial of each task
  sandbox: none # nothing runs but the replay
  budget: 100000 # replayed dollars
upstreams: # the replay, instead of the providers
`)
	for _, p := range []string{d.baseBy, d.headBy} {
		if !strings.Contains(b.String(), "name: replay-"+p+"\n") {
			fmt.Fprintf(&b, "  - name: replay-%s\n    provider: %s\n    url: %s\n    auth: none\n", p, p, address)
		}
	}
	return b.String()
}

func demoSuite(d demo, program string, tasks []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\nharness: command\ncommand: %s\ntasks:\n", yamlQuote(d.suite), yamlQuote("exec "+shellQuote(program)+" demo-agent"))
	for _, task := range tasks {
		fmt.Fprintf(&b, "  - id: %s\n    prompt: %s\n    grade: {equals: %s}\n    timeout: 2m\n",
			yamlQuote(task), yamlQuote(replay.Prompt(task)), yamlQuote(replay.Answer(task)))
	}
	return b.String()
}

// yamlQuote writes a string as a single-quoted YAML scalar.
func yamlQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// shellQuote writes a string as one word of the shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func commit(a command.App, dir string, files map[string]string, message string) error {
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := git(a, dir, "add", "--all"); err != nil {
		return err
	}
	return git(a, dir, "commit", "-q", "-m", message)
}

// git runs git without the user's configuration: hooks, signing and templates have no place in a demo.
func git(a command.App, dir string, args ...string) error {
	cmd := exec.CommandContext(a.Context, "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull, "GIT_TEMPLATE_DIR=", "GIT_DIR="+filepath.Join(dir, ".git"), "GIT_WORK_TREE="+dir,
		"GIT_AUTHOR_NAME=pertask demo", "GIT_AUTHOR_EMAIL=demo@pertask.invalid", "GIT_COMMITTER_NAME=pertask demo", "GIT_COMMITTER_EMAIL=demo@pertask.invalid")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("running git %s: %w: %.300s", args[0], err, out)
	}
	return nil
}
