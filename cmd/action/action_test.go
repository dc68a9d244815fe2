package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/review"
)

// job is the environment of a workflow's job.
type job struct {
	env            map[string]string
	stdout, stderr bytes.Buffer
}

func newJob(t testing.TB, s *stage, event string) *job {
	t.Helper()
	temp := t.TempDir()
	j := &job{env: map[string]string{
		"GITHUB_EVENT_NAME": event, "GITHUB_API_URL": s.hub.URL, "GITHUB_GRAPHQL_URL": s.hub.GraphQLURL,
		"PERTASK_GITHUB_TOKEN": s.hub.Token, "RUNNER_TEMP": temp, "PATH": os.Getenv("PATH"),
		"GITHUB_OUTPUT": filepath.Join(temp, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(temp, "summary"),
		"GITHUB_EVENT_PATH": filepath.Join(temp, "event.json"), "OPENAI_API_KEY": providerKey,
		"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/agent", "GITHUB_RUN_ID": "7",
	}}
	if err := os.WriteFile(j.env["GITHUB_EVENT_PATH"], s.hub.PullRequestEvent(s.repo, s.pull, "opened"), 0o600); err != nil {
		t.Fatal(err)
	}
	return j
}

func (j *job) run(args ...string) int {
	return run(context.Background(), args, func(name string) string { return j.env[name] }, &j.stdout, &j.stderr)
}

func (j *job) file(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(j.env["RUNNER_TEMP"], name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var dearer = map[string]string{"config/agent.yaml": "coder:\n  model: gpt-5.4-mini\n"}

func TestReviewLeavesEverythingInItsPlace(t *testing.T) {
	s := newStage(t, "block", dearer)
	j := newJob(t, s, "pull_request")
	if code := j.run("review"); code != 1 {
		t.Fatalf("exit %d, want 1\n%s%s", code, &j.stdout, &j.stderr)
	}
	s.check(t, j.stdout.String()+j.stderr.String(), "failure", 1, "**Don't switch.**")
	for name, want := range map[string]string{
		"output": "verdict", "summary": "cost per completed task", "pertask/report/report.json": `"pertask.report/1"`,
		"pertask/report/report.md": "Don't switch", "pertask/report/trials.jsonl": "pertask.trial/1", "pertask/check.json": `"name":""`,
	} {
		text := j.file(t, name)
		if !strings.Contains(text, want) {
			t.Errorf("%s does not contain %q", name, want)
		}
		if strings.Contains(text, providerKey) || strings.Contains(text, s.hub.Token) {
			t.Errorf("a secret is in %s", name)
		}
	}
	if body := s.hub.Comments(s.repo, s.pull)[0].Body; !strings.Contains(body, "https://github.com/acme/agent/actions/runs/7") {
		t.Error("the comment does not link to the run")
	}
	before := len(s.hub.Requests())
	if code := j.run("finish"); code != 0 || len(s.hub.Requests()) != before {
		t.Errorf("finish: exit %d, %d requests; want 0 and none", code, len(s.hub.Requests())-before)
	}
}

func TestFinishCompletesWhatWasLeft(t *testing.T) {
	s := newStage(t, "report", dearer)
	j := newJob(t, s, "pull_request")
	if code := j.run("finish"); code != 0 {
		t.Errorf("finish without a review: exit %d", code)
	}
	// The review is killed on its way, and cannot complete its check run.
	ctx, kill := context.WithCancel(context.Background())
	defer kill()
	s.hub.OnRequest(func(r githubtest.Request) {
		if strings.HasSuffix(r.Path, "/files") {
			kill()
		}
	})
	var dead atomic.Bool
	dead.Store(true)
	patch := githubtest.Match("PATCH", "check-runs")
	s.hub.Fail(func(r githubtest.Request) bool { return dead.Load() && patch(r) }, 404, -1, false)
	getenv := func(name string) string { return j.env[name] }
	run(ctx, []string{"review"}, getenv, &j.stdout, &j.stderr)
	s.hub.OnRequest(nil)
	if got := s.hub.Checks(s.repo, s.head)[0].Status; got != "in_progress" {
		t.Fatalf("the check run is %s; the test wants it left open", got)
	}
	dead.Store(false)
	if code := j.run("finish"); code != 0 {
		t.Errorf("finish: exit %d\n%s%s", code, &j.stdout, &j.stderr)
	}
	if got := s.hub.Checks(s.repo, s.head)[0]; got.Status != "completed" || got.Conclusion != "neutral" {
		t.Errorf("the check run is %s %s after finish", got.Status, got.Conclusion)
	}
}

func TestRunRefuses(t *testing.T) {
	s := newStage(t, "report", dearer)
	tests := []struct {
		name string
		env  map[string]string
		args []string
		want string
	}{
		{"no command", nil, nil, "usage"},
		{"another command", nil, []string{"post"}, "usage"},
		{"outside of a workflow", map[string]string{"GITHUB_EVENT_NAME": ""}, []string{"review"}, "GITHUB_EVENT_NAME"},
		{"no event file", map[string]string{"GITHUB_EVENT_PATH": "/nowhere"}, []string{"review"}, "reading the event"},
		{"no token", map[string]string{"PERTASK_GITHUB_TOKEN": ""}, []string{"review"}, "no token"},
		{"no temporary folder", map[string]string{"RUNNER_TEMP": ""}, []string{"review"}, "RUNNER_TEMP"},
		{"pull_request_target", map[string]string{"GITHUB_EVENT_NAME": "pull_request_target"}, []string{"review"}, "pull_request_target"},
		{"workflow_run", map[string]string{"GITHUB_EVENT_NAME": "workflow_run"}, []string{"review"}, "workflow_run"},
		{"the job's own name", map[string]string{"GITHUB_JOB": "pertask"}, []string{"review"}, "run.check_name"},
		{"an unknown event", map[string]string{"GITHUB_EVENT_NAME": "gollum"}, []string{"review"}, "gollum"},
		{"a ledger on a branch with code", map[string]string{"PERTASK_LEDGER_BRANCH": "main", "PERTASK_BASE_BRANCH": "main"}, []string{"review"}, "ledger-branch"},
		{"a ledger on the base branch", map[string]string{"PERTASK_LEDGER_BRANCH": "v2", "GITHUB_BASE_REF": "v2"}, []string{"review"}, "ledger-branch"},
		{"a bad server", map[string]string{"GITHUB_API_URL": "::"}, []string{"review"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := newJob(t, s, "pull_request")
			for k, v := range tt.env {
				j.env[k] = v
			}
			if code := j.run(tt.args...); code != exitUsage {
				t.Errorf("exit %d, want %d", code, exitUsage)
			}
			if out := j.stdout.String(); !strings.HasPrefix(out, "::error") || !strings.Contains(out, tt.want) || strings.Contains(out, "goroutine") {
				t.Errorf("printed %q, want an annotation with %q", out, tt.want)
			}
		})
	}
}

func TestEventsWithNothingToDo(t *testing.T) {
	s := newStage(t, "block", dearer)
	j := newJob(t, s, "pull_request")
	if err := os.WriteFile(j.env["GITHUB_EVENT_PATH"], s.hub.PullRequestEvent(s.repo, s.pull, "closed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := j.run("review"); code != 0 {
		t.Errorf("a closed pull request: exit %d", code)
	}
	j = newJob(t, s, "merge_group")
	if err := os.WriteFile(j.env["GITHUB_EVENT_PATH"], s.hub.MergeGroupEvent(s.repo, s.pull, s.head), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := j.run("review"); code != 0 || s.calls.Load() != 0 {
		t.Errorf("a merge queue: exit %d, %d calls\n%s", code, s.calls.Load(), &j.stdout)
	}
}

// event writes what started the job.
func (j *job) event(t testing.TB, name string, payload []byte) *job {
	t.Helper()
	j.env["GITHUB_EVENT_NAME"] = name
	if err := os.WriteFile(j.env["GITHUB_EVENT_PATH"], payload, 0o600); err != nil {
		t.Fatal(err)
	}
	return j
}

// TestTheEventsOfAPullRequest goes from the payload of each event to what is on GitHub then.
func TestTheEventsOfAPullRequest(t *testing.T) {
	s := newStage(t, "block", dearer)
	s.hub.SetPermission(s.repo, "bob", "write")
	run := func(name string, payload []byte, wantExit int, says string) {
		t.Helper()
		j := newJob(t, s, name).event(t, name, payload)
		if code := j.run("review"); code != wantExit || !strings.Contains(j.stdout.String(), says) {
			t.Errorf("%s: exit %d, want %d and %q\n%s%s", name, code, wantExit, says, &j.stdout, &j.stderr)
		}
	}
	comment := func(by, text string) []byte {
		return s.hub.CommentEvent(s.repo, s.pull, s.hub.AddComment(s.repo, s.pull, by, text))
	}
	run("pull_request", s.hub.PullRequestEvent(s.repo, s.pull, "opened"), 1, "measured")
	calls := s.calls.Load()
	run("pull_request", s.hub.PullRequestEvent(s.repo, s.pull, "unlabeled"), 1, "Nothing that pertask looks at has changed")
	run("pull_request", s.hub.PullRequestEvent(s.repo, s.pull, "assigned"), 1, "Nothing that pertask looks at has changed")
	run("merge_group", s.hub.MergeGroupEvent(s.repo, s.pull, s.head), 1, "the verdict of #1")
	run("issue_comment", comment("mallory", "/pertask accept me"), 0, "no write access")
	run("issue_comment", comment("bob", "/pertask acept it"), 0, "did you mean accept")
	run("issue_comment", comment("bob", "nice"), 0, "no command")
	run("issue_comment", comment("bob", "/pertask accept ::error::the contract wants it"), 0, "accepted")
	run("pull_request", s.hub.PullRequestEvent(s.repo, s.pull, "unlabeled"), 0, "Nothing that pertask looks at has changed")
	run("merge_group", s.hub.MergeGroupEvent(s.repo, s.pull, s.head), 0, "accepted")
	if s.calls.Load() != calls {
		t.Errorf("%d calls to the provider after the first review", s.calls.Load()-calls)
	}
	var reactions []string
	for _, c := range s.hub.Comments(s.repo, s.pull) {
		for _, r := range c.Reactions {
			reactions = append(reactions, c.Author+" "+r.Content)
		}
	}
	if got := strings.Join(reactions, ", "); got != "mallory confused, bob confused, bob eyes, bob +1" {
		t.Errorf("reactions: %s", got)
	}
}

func TestOutputsAreOfAClosedVocabulary(t *testing.T) {
	s := newStage(t, "report", dearer)
	j := newJob(t, s, "pull_request")
	p := &program{getenv: func(n string) string { return j.env[n] }, stdout: &j.stdout, secrets: newRedactor(func(string) string { return "" })}
	k, err := p.newSink()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{"x\nverdict=switch", "<<EOF", "a b", strings.Repeat("x", 50), "_GitHubActionsFileCommandDelimeter_\n"} {
		if err := k.Output("verdict", v); err == nil {
			t.Errorf("output %q was written", v)
		}
	}
	if err := k.Output("verdict", "dont-switch"); err != nil {
		t.Error(err)
	}
	if err := k.File("../x", nil); err == nil {
		t.Error("a file outside of the folder was written")
	}
	var _ review.Sink = k
}

func TestRedactor(t *testing.T) {
	r := newRedactor(func(name string) string {
		return map[string]string{"PERTASK_GITHUB_TOKEN": "ghs_abcdefgh", "OPENAI_API_KEY": "sk-123456789"}[name]
	})
	got := r.redact("token ghs_abcdefgh and key sk-123456789.")
	if strings.Contains(got, "ghs_") || strings.Contains(got, "sk-123") {
		t.Errorf("redacted to %q", got)
	}
}

func TestSingleLine(t *testing.T) {
	if got := singleLine("a\n::error::x\r\u2028b ##[set-output name=verdict]switch"); strings.ContainsAny(got, "\n\r\u2028") || strings.Contains(got, "::") || strings.Contains(got, "##[") {
		t.Errorf("singleLine = %q", got)
	}
}

// TestReadmeShowsTheWorkflowThatIsTested holds README and the workflow of TestActConsumer together.
func TestReadmeShowsTheWorkflowThatIsTested(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	workflow := fixture(t, "consumer.yml")
	if !strings.Contains(string(readme), "```yaml\n"+string(workflow)+"```") {
		t.Error("README.md does not show testdata/act/consumer.yml")
	}
	if n := bytes.Count(workflow, []byte("\n")); n > 20 {
		t.Errorf("the workflow to paste has %d lines, want 20 at most", n)
	}
}
