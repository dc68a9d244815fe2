package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pertask/pertask/github/githubtest"
)

// providerKey differs from test to test, so that it is in no source file that a runner caches.
var providerKey = "sk-" + rand.Text()

// stage is a repository on an in-memory GitHub, a provider, and a work folder in which act runs.
type stage struct {
	hub   *githubtest.Server
	repo  string
	base  string
	head  string
	pull  int
	calls atomic.Int64
	url   string // of the provider
	dir   string
}

const stageConfig = `version: 1
suite: evals/suite.yaml
models: [{path: config/agent.yaml, model: $.coder.model}]
run: {max_trials: 5}
verdict: {mode: %s}
upstreams: [{name: openai, provider: openai, url: %q, auth: bearer, key_env: OPENAI_API_KEY}]
`

const stageSuite = `name: tickets
harness: prompt
tasks:
  - {id: a, prompt: "Which team?", grade: {equals: billing}}
  - {id: b, prompt: "Which team?", grade: {equals: billing}}
  - {id: c, prompt: "Which team?", grade: {equals: billing}}
  - {id: d, prompt: "Which team?", grade: {equals: billing}}
`

// newStage opens a pull request that changes the given files.
func newStage(t testing.TB, mode string, change map[string]string) *stage {
	t.Helper()
	return newStageOf(t, change, func(s *stage) (config, suite string) { return fmt.Sprintf(stageConfig, mode, s.url), stageSuite })
}

// newStageOf is newStage with another configuration and suite, which may name the stage's servers.
func newStageOf(t testing.TB, change map[string]string, texts func(*stage) (config, suite string)) *stage {
	t.Helper()
	s := &stage{hub: githubtest.New(t), dir: t.TempDir()}
	provider := httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(provider.Close)
	s.url = provider.URL + "/v1"
	config, suite := texts(s)
	files := map[string]githubtest.File{
		".github/pertask.yml": {Content: config},
		"evals/suite.yaml":    {Content: suite},
		"config/agent.yaml":   {Content: "coder:\n  model: gpt-5.4\n"},
	}
	s.repo = s.hub.AddRepo("acme", "agent")
	s.base = s.hub.Commit(s.repo, nil, files)
	for name, text := range change {
		files[name] = githubtest.File{Content: text}
	}
	s.head = s.hub.Commit(s.repo, []string{s.base}, files)
	s.hub.SetBranch(s.repo, "main", s.base)
	s.pull = s.hub.OpenPull(s.repo, s.base, s.head)
	return s
}

// answer is the provider: gpt-5.4-mini needs 20 times the tokens.
func (s *stage) answer(w http.ResponseWriter, r *http.Request) {
	n := s.calls.Add(1)
	var req struct{ Model string }
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &req)
	output := 1000
	if req.Model == "gpt-5.4-mini" {
		output *= 20
	}
	fmt.Fprintf(w, `{"id":"r%d","model":%q,"choices":[{"index":0,"message":{"role":"assistant","content":"billing"},"finish_reason":"stop"}],`+
		`"usage":{"prompt_tokens":1000,"completion_tokens":%d,"total_tokens":%d}}`, n, req.Model, output, 1000+output)
}

// findAct returns the path of act, or skips: CI needs it.
func findAct(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("act")
	if err != nil {
		if os.Getenv("CI") != "" || os.Getenv("PERTASK_NEED_ACT") != "" {
			t.Fatal("act is not installed, and CI needs it: see .ci/run")
		}
		t.Skip("act is not installed; .ci/run installs it")
	}
	return path
}

func (s *stage) write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// act runs the workflow as a runner would, with an environment of its own, and returns what it printed.
func (s *stage) act(t *testing.T, event string, args ...string) (output string, exit int) {
	t.Helper()
	return s.actOn(t, event, s.hub.PullRequestEvent(s.repo, s.pull, "opened"), args...)
}

// actOn is act with a payload.
func (s *stage) actOn(t *testing.T, event string, payload []byte, args ...string) (output string, exit int) {
	t.Helper()
	program := findAct(t)
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	home := t.TempDir()
	cmd := exec.CommandContext(ctx, program, append([]string{event,
		"-e", s.write(t, "../event.json", payload),
		"-P", "ubuntu-latest=-self-hosted", "--no-cache-server", "--json",
		"-s", "GITHUB_TOKEN=" + s.hub.Token, "-s", "OPENAI_API_KEY=" + providerKey,
		"--env", "GITHUB_API_URL=" + strings.TrimSuffix(s.hub.URL, "/"), "--env", "GITHUB_GRAPHQL_URL=" + s.hub.GraphQLURL,
		"--env", "GITHUB_REPOSITORY=acme/agent"}, args...)...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + t.TempDir()}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOSUMDB", "GOFLAGS", "GONOSUMDB"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Env = append(cmd.Env, name+"="+strings.TrimSpace(string(out)))
	}
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	if err := cmd.Run(); err != nil {
		exit = cmd.ProcessState.ExitCode()
	}
	// What stays behind on the runner, such as the reports, may not hold the key either. GITHUB_EVENT and act's own
	// copies of the secrets live in its memory.
	s.grepKey(t, home)
	return b.String(), exit
}

// grepKey looks for the provider key in every file below a folder.
func (s *stage) grepKey(t *testing.T, dir string) {
	t.Helper()
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		if data, err := os.ReadFile(path); err == nil && bytes.Contains(data, []byte(providerKey)) {
			t.Errorf("the provider key is in %s", path)
		}
		return nil
	})
}

// gitInit makes the work folder a repository, as a checkout is one.
func (s *stage) gitInit(t *testing.T) {
	t.Helper()
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"},
		{"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x"},
		{"remote", "add", "origin", "https://github.com/acme/agent"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = s.dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

func (s *stage) check(t *testing.T, output, conclusion string, comments int, says string) {
	t.Helper()
	if strings.Contains(output, providerKey) {
		t.Error("the provider key is in the log")
	}
	checks := s.hub.Checks(s.repo, s.head)
	if len(checks) != 1 || checks[0].Status != "completed" || checks[0].Conclusion != conclusion {
		t.Errorf("check runs %+v, want one that is completed with %s\n%s", checks, conclusion, output)
	}
	ours := s.hub.Comments(s.repo, s.pull)
	if len(ours) != comments {
		t.Fatalf("%d comments, want %d\n%s", len(ours), comments, output)
	}
	if comments > 0 && !strings.Contains(ours[0].Body, says) {
		t.Errorf("the comment does not say %q:\n%s", says, ours[0].Body)
	}
	for _, r := range s.hub.Requests() {
		if strings.Contains(r.Body, providerKey) {
			t.Errorf("the provider key was sent to GitHub: %s %s", r.Method, r.Path)
		}
	}
}

// root is the repository's own folder.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func fixture(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root(t), "testdata", "act", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestActConsumer runs the workflow that the README shows, as a repository that uses pertask sees it.
func TestActConsumer(t *testing.T) {
	findAct(t)
	use := "pertask/pertask@v1=" + published(t)
	t.Run("dearer", func(t *testing.T) {
		s := newStage(t, "report", map[string]string{"config/agent.yaml": "coder:\n  model: gpt-5.4-mini\n"})
		s.write(t, ".github/workflows/pertask.yml", fixture(t, "consumer.yml"))
		s.gitInit(t)
		out, exit := s.act(t, "pull_request", "--local-repository", use)
		if exit != 0 || s.calls.Load() != 40 {
			t.Errorf("exit %d after %d calls\n%s", exit, s.calls.Load(), out)
		}
		s.check(t, out, "neutral", 1, "**Don't switch.**")
		if !strings.Contains(out, `"command":"summary"`) || !strings.Contains(out, "cost per completed task") {
			t.Error("no job summary")
		}
	})
	t.Run("dearer in mode block", func(t *testing.T) {
		s := newStage(t, "block", map[string]string{"config/agent.yaml": "coder:\n  model: gpt-5.4-mini\n"})
		s.write(t, ".github/workflows/pertask.yml", fixture(t, "consumer.yml"))
		s.gitInit(t)
		out, exit := s.act(t, "pull_request", "--local-repository", use)
		if exit != 1 {
			t.Errorf("exit %d, want 1\n%s", exit, out)
		}
		s.check(t, out, "failure", 1, "**Don't switch.**")
	})
	t.Run("nothing changed", func(t *testing.T) {
		s := newStage(t, "block", map[string]string{"README.md": "x\n"})
		s.write(t, ".github/workflows/pertask.yml", fixture(t, "consumer.yml"))
		s.gitInit(t)
		out, exit := s.act(t, "pull_request", "--local-repository", use)
		if n := len(s.hub.Requests()); exit != 0 || s.calls.Load() != 0 || n > 5 {
			t.Errorf("exit %d, %d calls, %d requests\n%s", exit, s.calls.Load(), n, out)
		}
		s.check(t, out, "success", 0, "")
	})
}

// TestActEvents runs the README's workflow for the events of a pull request's life, in their order.
func TestActEvents(t *testing.T) {
	findAct(t)
	use := "pertask/pertask@v1=" + published(t)
	s := newStage(t, "block", map[string]string{"config/agent.yaml": "coder:\n  model: gpt-5.4-mini\n"})
	s.hub.SetPermission(s.repo, "bob", "write")
	s.write(t, ".github/workflows/pertask.yml", fixture(t, "consumer.yml"))
	s.gitInit(t)
	comment := func(by, text string) func() []byte {
		return func() []byte { return s.hub.CommentEvent(s.repo, s.pull, s.hub.AddComment(s.repo, s.pull, by, text)) }
	}
	queue := func() []byte { return s.hub.MergeGroupEvent(s.repo, s.pull, s.head) }
	fork := s.hub.AddFork(s.repo, "eve", "agent")
	s.hub.ChangePull(s.repo, s.pull, func(p *githubtest.Pull) { p.HeadRepo = fork })
	for _, step := range []struct {
		event   string
		payload func() []byte
		exit    int
		calls   int64
		says    string
	}{
		{"pull_request", func() []byte { return s.hub.PullRequestEvent(s.repo, s.pull, "opened") }, 0, 0, "comes from a fork"},
		{"issue_comment", comment("bob", "nice"), 0, 0, ""},
		{"issue_comment", comment("mallory", "/pertask run"), 0, 0, "no write access"},
		{"issue_comment", comment("bob", "/pertask run"), 0, 40, "belongs to the default branch"},
		{"merge_group", queue, 1, 40, "the verdict of #1"},
		{"issue_comment", comment("bob", "/pertask accept the contract wants it"), 0, 40, "accepted"},
		{"merge_group", queue, 0, 40, "accepted"},
	} {
		out, exit := s.actOn(t, step.event, step.payload(), "--local-repository", use)
		if exit != step.exit || s.calls.Load() != step.calls || !strings.Contains(out, step.says) {
			t.Errorf("%s: exit %d after %d calls, want %d after %d, and %q\n%s", step.event, exit, s.calls.Load(), step.exit, step.calls, step.says, out)
		}
	}
	all := s.hub.Comments(s.repo, s.pull)
	i := slices.IndexFunc(all, func(c githubtest.Comment) bool { return c.Author == githubtest.WorkflowActor().Login })
	if ours := all[max(i, 0)]; !strings.Contains(ours.Body, "**Accepted** by `bob`") || !strings.Contains(ours.Body, "**Don't switch.**") {
		t.Errorf("our comment does not show the acceptance above the result:\n%s", ours.Body)
	}
}

// TestActLocal runs the Action as this repository itself would use it, from a checkout.
func TestActLocal(t *testing.T) {
	findAct(t)
	s := newStage(t, "report", map[string]string{"config/agent.yaml": "coder:\n  model: gpt-5.4-mini\n"})
	copyModule(t, s.dir)
	s.write(t, ".github/workflows/pertask.yml", fixture(t, "local.yml"))
	s.gitInit(t)
	out, exit := s.act(t, "pull_request", "-W", ".github/workflows/pertask.yml")
	if exit != 0 {
		t.Errorf("exit %d\n%s", exit, out)
	}
	s.check(t, out, "neutral", 1, "**Don't switch.**")
	if !strings.Contains(out, "the verdict is dont-switch") || !strings.Contains(out, "trials.jsonl") {
		t.Errorf("the outputs did not reach the next step:\n%s", out)
	}
}

// published is a folder with what a tag of this repository has. The runner copies the whole folder, so what is installed
// in the checkout, such as agents, must not be in it.
func published(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	copyModule(t, dir)
	return dir
}

// copyModule copies the module's tracked and new files, without tests.
func copyModule(t *testing.T, to string) {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-co", "--exclude-standard")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Skip("not a git checkout")
	}
	for name := range strings.Lines(string(out)) {
		name = strings.TrimSuffix(name, "\n")
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, ".github/") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(root(t), name))
		if err != nil {
			continue // listed and removed since
		}
		path := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
