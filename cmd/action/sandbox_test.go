package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/sandboxed"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/advice"
)

// TestMain lets the test binary stand in for a part of a sandbox, and for the agent in it.
func TestMain(m *testing.M) {
	sandboxed.Main()
	os.Exit(m.Run())
}

// boxedStage is a pull request whose suite has an agent that must run in a sandbox. The runner's folder is the job's.
func boxedStage(t *testing.T, tools string, command func(s *stage, runner string) string) (*stage, *job) {
	t.Helper()
	runner := t.TempDir()
	s := newStageOf(t, dearer, func(s *stage) (config, suite string) {
		config = strings.Replace(fmt.Sprintf(stageConfig, "block", s.url), "max_trials: 5", "max_trials: 5, auto_run_below: 9, sandbox: required", 1)
		return config, "name: tickets\nharness: command\ncommand: " + command(s, runner) + "\ntasks:\n" +
			"  - {id: a, prompt: Which team, grade: grep -qx billing}\n  - {id: b, prompt: Which team, grade: {equals: billing}}\n"
	})
	j := newJob(t, s, "pull_request")
	j.env["PATH"] = tools + string(os.PathListSeparator) + os.Getenv("PATH")
	j.env["RUNNER_WORKSPACE"] = runner
	if err := os.WriteFile(filepath.Join(runner, "checkout"), []byte("the author's code"), 0o644); err != nil {
		t.Fatal(err)
	}
	return s, j
}

func (j *job) report(t *testing.T) *report.Report {
	t.Helper()
	r, err := report.ParseJSON([]byte(j.file(t, "pertask/report/report.json")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestReviewInASandbox holds the whole way from the event to the comment with agents and graders kept in: they reach the
// provider by the proxy only, and see neither GitHub nor the runner's folders.
func TestReviewInASandbox(t *testing.T) {
	name := sandboxed.Need(t)
	s, j := boxedStage(t, sandboxed.Tools(t), func(s *stage, runner string) string {
		return sandboxed.Command(s.url+"/models", s.hub.URL, runner)
	})
	if code := j.run("review"); code != 1 {
		t.Errorf("exit %d, want 1\n%s%s", code, &j.stdout, &j.stderr)
	}
	s.check(t, j.stdout.String()+j.stderr.String(), "failure", 1, "**Don't switch.**")
	if r := j.report(t); r.Sandbox != name || r.Base.Completed != 10 || r.Head.Completed != 10 || r.Base.Voids+r.Head.Voids != 0 || s.calls.Load() != 20 {
		t.Errorf("in the sandbox %q (want %q): %d and %d of 10 trials completed with %d calls\n%s%s\n%s", r.Sandbox, name,
			r.Base.Completed, r.Head.Completed, s.calls.Load(), &j.stdout, &j.stderr, j.file(t, "pertask/report/trials.jsonl"))
	}
}

// TestReviewSaysWhyNothingStarted holds that a program in a folder of the runner is named in the comment, with what to do
// about it.
func TestReviewSaysWhyNothingStarted(t *testing.T) {
	sandboxed.Need(t)
	var path string
	s, j := boxedStage(t, sandboxed.Tools(t), func(_ *stage, runner string) string {
		path = filepath.Join(runner, "agent")
		sandboxed.Put(t, path)
		return sandboxed.CommandAt(path)
	})
	if code := j.run("review"); code != 0 || s.calls.Load() != 0 {
		t.Errorf("exit %d after %d calls\n%s%s", code, s.calls.Load(), &j.stdout, &j.stderr)
	}
	s.check(t, j.stdout.String()+j.stderr.String(), "neutral", 1, "20 trials of 2 tasks (`a`, `b`) could not be started: `"+path+"`")
	codes := 0
	for _, f := range j.report(t).Findings {
		if f.Code == advice.CodeNotStarted {
			codes++
		}
	}
	if codes != 1 {
		t.Errorf("%d findings say why nothing started, want 1", codes)
	}
}
