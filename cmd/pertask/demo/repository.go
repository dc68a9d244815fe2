package demo

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/pertask/pertask/cmd/pertask/newrepo"
	"github.com/pertask/pertask/internal/replay"
)

// repository makes a git repository in dir: main has the base's model, the branch "cheaper" the head's.
func repository(ctx context.Context, dir string, d demo, records *replay.Records, address string) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	base := map[string]string{
		".github/pertask.yml": config(d, address),
		"evals/suite.yaml":    suite(d, program, records.Tasks()),
		"config/agent.yaml":   settings(d.baseBy, d.base),
		"README.md":           "# An agent\n\nIts model is in config/agent.yaml.\n",
	}
	r, err := newrepo.Init(ctx, dir)
	steps := []func() error{
		func() error { return err },
		func() error { return r.Commit(ctx, base, "An agent and its suite") },
		func() error { return r.Branch(ctx, "cheaper") },
		func() error {
			return r.Commit(ctx, map[string]string{"config/agent.yaml": settings(d.headBy, d.head)}, "Change the model")
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("making the demo's repository: %w", err)
		}
	}
	return nil
}

func settings(provider, model string) string {
	return fmt.Sprintf("# The model of our agent.\ncoder:\n  provider: %s\n  model: %s\n", provider, model)
}

func config(d demo, address string) string {
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

func suite(d demo, program string, tasks []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\nharness: command\ncommand: %s\ntasks:\n", yamlQuote(d.suite), yamlQuote("exec "+shellQuote(program)+" "+agentName))
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
