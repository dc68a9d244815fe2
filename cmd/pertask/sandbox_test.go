package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
	"github.com/pertask/pertask/cmd/pertask/newrepo"
	"github.com/pertask/pertask/internal/sandboxed"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/advice"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/verdict"
)

// boxed measures a change of the model with an agent that a sandbox keeps in. The line is the agent's command; it gets
// the provider's URL and the repository.
func boxed(t *testing.T, tools string, line func(provider, repo string) string) (r *report.Report, out, printed string, code int) {
	t.Helper()
	b := newBilling(t)
	dir := commandtest.Repository(t, map[string]string{".github/pertask.yml": "version: 1\nsuite: suite.yaml\nmodels: [{path: agent.yaml, model: $.model}]\n" +
		"run: {max_trials: 5, sandbox: required}\nupstreams: [{name: openai, provider: openai, url: \"" + b.URL + "/v1\", auth: bearer, key_env: OPENAI_API_KEY}]\n",
		"agent.yaml": "model: gpt-5.4\n"}, map[string]string{"notes": "the head\n"})
	suite := "name: tickets\nharness: command\ncommand: " + line(b.URL, dir) + "\ntasks:\n" +
		"  - {id: a, prompt: task a, grade: grep -qx billing}\n  - {id: b, prompt: task b, grade: {equals: billing}}\n"
	commandtest.Commit(t, dir, "main", map[string]string{"suite.yaml": suite})
	made, ctx := newrepo.At(dir), t.Context()
	for _, err := range []error{made.Branch(ctx, "change"), made.Commit(ctx, commandtest.Mini, "change")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	out = filepath.Join(t.TempDir(), "out")
	env := map[string]string{"OPENAI_API_KEY": "sk-0123456789abcdef", "PATH": tools + string(os.PathListSeparator) + os.Getenv("PATH")}
	stdout, stderr, code := pertask(env, "compare", "--repo", dir, "--base", "main", "--head", "change", "--out", out)
	if code == command.ExitUsage {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	return commandtest.Report(t, out), out, stdout + stderr, code
}

// TestCompareInASandbox holds the whole way from the command to the provider with agents and graders kept in: they reach
// the provider by the proxy only, and see neither the repository nor the key.
func TestCompareInASandbox(t *testing.T) {
	name := sandboxed.Need(t)
	r, out, printed, code := boxed(t, sandboxed.Tools(t), func(provider, repo string) string { return sandboxed.Command(provider, repo) })
	if code != 0 || r.Sandbox != name || r.Result != verdict.Measured || r.Base.Completed != 10 || r.Head.Completed != 10 || r.Base.Voids+r.Head.Voids != 0 {
		t.Errorf("exit %d, in the sandbox %q (want %q), %v: %d and %d of 10 trials completed\n%s", code, r.Sandbox, name, r.Result, r.Base.Completed, r.Head.Completed, printed)
	}
	if strings.Contains(printed, "Not sandboxed") {
		t.Errorf("the report says that nothing kept agents in:\n%s", printed)
	}
	j, err := journal.Open(filepath.Join(out, "trials.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	evidence, err := j.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, res := range evidence.Results {
		if res.Trial.Sandbox != name || len(res.Calls) != 1 {
			t.Errorf("trial %s (%s) was kept in by %q and made %d calls, want %q and 1", res.Trial.ID, res.Trial.Detail, res.Trial.Sandbox, len(res.Calls), name)
		}
	}
}

// TestCompareSaysWhyNothingStarted holds that a program which the sandbox hides is named, with what to do about it.
func TestCompareSaysWhyNothingStarted(t *testing.T) {
	name := sandboxed.Need(t)
	var path string
	r, _, printed, _ := boxed(t, sandboxed.Tools(t), func(_, repo string) string {
		path = filepath.Join(repo, ".git", "agent") // is hidden, and no file of the suite
		sandboxed.Put(t, path)
		return sandboxed.CommandAt(path)
	})
	if r.Verdict != verdict.Inconclusive || r.Base.Trials+r.Head.Trials != 0 || len(r.Tasks) != 2 || r.Tasks[0].Head.Causes[trial.CauseStart] != 5 {
		t.Errorf("%v after %d trials: %v\n%s", r.Verdict, r.Base.Trials+r.Head.Trials, r.Tasks, printed)
	}
	var found []verdict.Finding
	for _, f := range r.Findings {
		if f.Code == advice.CodeNotStarted {
			found = append(found, f)
		}
	}
	if len(found) != 1 || !strings.HasPrefix(found[0].Text, "20 trials of 2 tasks (`a`, `b`) could not be started: `"+path+"`") ||
		!strings.Contains(found[0].Text, "hidden by the sandbox ("+name+")") {
		t.Errorf("findings %v", found)
	}
	if flat := strings.Join(strings.Fields(printed), " "); !strings.Contains(flat, "20 trials of 2 tasks (`a`, `b`) could not be started") {
		t.Errorf("printed\n%s", printed)
	}
}
