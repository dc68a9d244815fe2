package review_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
)

const (
	repository = "acme/agent"
	secret     = "sk-a-provider-key-that-nobody-may-see"
)

// world is a repository on an in-memory GitHub, and a provider.
type world struct {
	t        *testing.T
	hub      *githubtest.Server
	provider *httptest.Server
	calls    atomic.Int64
	onCall   func(n int64) // may be nil
	repo     string
	fork     map[string]githubtest.File // files of the fork point
	base     string                     // commits
	head     string
	pull     int
	settings map[string]string
	scratch  string
}

// answer is the scripted provider: Chat Completions, dearer or cheaper by the model's own price only, but for
// "gpt-5.4-mini", which needs 20 times the tokens.
func (w *world) answer(rw http.ResponseWriter, r *http.Request) {
	n := w.calls.Add(1)
	if w.onCall != nil {
		w.onCall(n)
	}
	var req struct{ Model string }
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &req)
	output := int64(1000)
	if req.Model == "gpt-5.4-mini" {
		output *= 20
	}
	fmt.Fprintf(rw, `{"id":"r%d","model":%q,"choices":[{"index":0,"message":{"role":"assistant","content":"billing"},"finish_reason":"stop"}],`+
		`"usage":{"prompt_tokens":1000,"completion_tokens":%d,"total_tokens":%d}}`, n, req.Model, output, 1000+output)
}

// newWorld builds what an archive says: the files of the fork point, of main and of the head.
func newWorld(t *testing.T, a *txtar.Archive) *world {
	t.Helper()
	return newWorldAt(t, a, nil)
}

// newWorldAt is newWorld with GitHub's clock.
func newWorldAt(t *testing.T, a *txtar.Archive, now func() time.Time) *world {
	t.Helper()
	w := &world{t: t, settings: map[string]string{}, scratch: t.TempDir()}
	w.provider = httptest.NewServer(http.HandlerFunc(w.answer))
	t.Cleanup(w.provider.Close)
	trees := map[string]map[string]githubtest.File{"fork": {}, "main": {}, "head": {}}
	for _, name := range []string{"fork", "main", "head"} {
		for _, f := range a.Files {
			from, path, _ := strings.Cut(f.Name, "/")
			if from == "fork" && path != "" || from == name && path != "" {
				w.put(trees[name], path, string(f.Data))
			}
		}
	}
	for _, f := range a.Files {
		if f.Name == "settings" {
			for line := range strings.Lines(string(f.Data)) {
				k, v, _ := strings.Cut(strings.TrimSpace(line), ": ")
				w.settings[k] = v
			}
		}
	}
	w.hub = githubtest.NewWith(t, githubtest.Options{Actor: w.actor(), Now: now})
	w.repo = w.hub.AddRepo("acme", "agent")
	w.fork = trees["fork"]
	fork := w.hub.Commit(w.repo, nil, w.fork)
	w.base = w.hub.Commit(w.repo, []string{fork}, trees["main"])
	w.head = w.hub.Commit(w.repo, []string{fork}, trees["head"])
	w.hub.SetBranch(w.repo, "main", w.base)
	w.pull = w.hub.OpenPull(w.repo, w.base, w.head)
	return w
}

func (w *world) put(tree map[string]githubtest.File, path, text string) {
	if strings.TrimSpace(text) == "(removed)" {
		delete(tree, path)
		return
	}
	tree[path] = githubtest.File{Content: strings.ReplaceAll(text, "$PROVIDER", w.provider.URL+"/v1")}
}

func (w *world) actor() githubtest.Actor {
	switch w.settings["token"] {
	case "read-only":
		return githubtest.ReadOnlyActor()
	case "no checks":
		a := githubtest.WorkflowActor()
		a.Permissions["checks"] = "none"
		return a
	}
	return githubtest.WorkflowActor()
}

// sink keeps what a review leaves, in memory.
type sink struct {
	summary string
	outputs map[string]string
	files   map[string]string
	opened  []review.Check
	fail    error
}

func newSink() *sink { return &sink{outputs: map[string]string{}, files: map[string]string{}} }

func (s *sink) Summary(md string) error { s.summary = md; return s.fail }
func (s *sink) Output(name, value string) error {
	s.outputs[name] = value
	return s.fail
}
func (s *sink) File(name string, data []byte) error { s.files[name] = string(data); return s.fail }
func (s *sink) Opened(c review.Check) error         { s.opened = append(s.opened, c); return s.fail }

func (w *world) client(t *testing.T) *github.Client {
	t.Helper()
	c, err := github.New(github.Config{BaseURL: w.hub.URL, GraphQLURL: w.hub.GraphQLURL, Token: w.hub.Token,
		Sleep: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) getenv(name string) string {
	switch name {
	case "OPENAI_API_KEY":
		if w.settings["key"] == "yes" {
			return secret
		}
	case "PATH":
		return os.Getenv("PATH")
	}
	return ""
}

func (w *world) options(log io.Writer) review.Options {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	return review.Options{
		GitHub: w.client(w.t), Book: price.Embedded(), Version: "test", ConfigPath: ".github/pertask.yml", Getenv: w.getenv,
		Scratch: w.scratch, Now: func() time.Time { return at }, Log: slog.New(slog.NewTextHandler(log, nil)),
		Keys:    func(ups []meter.Upstream) meter.Keys { return meter.KeysFromEnv(w.getenv, ups) },
		Journal: func(string) (trial.Journal, string, error) { return journal.NewMemory(), "trials.jsonl", nil },
	}
}

func (w *world) trigger() review.Trigger {
	kind := review.PullRequest
	if k := w.settings["kind"]; k != "" {
		kind = review.Kind(k)
	}
	return review.Trigger{Kind: kind, Repo: github.Repo{Owner: "acme", Name: "agent"}, Pull: w.pull, BaseSHA: w.base, HeadSHA: w.head,
		Fork: w.settings["fork"] == "yes"}
}

// ours are the comments on the pull request that a review made.
func (w *world) ours() []githubtest.Comment {
	var out []githubtest.Comment
	for _, c := range w.hub.Comments(w.repo, w.pull) {
		if c.Author == githubtest.WorkflowActor().Login {
			out = append(out, c)
		}
	}
	return out
}

// state is what a person sees afterwards, in the words of the scenarios.
func (w *world) state(out review.Outcome, s *sink, requests int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "exit: %d\nprovider called: %v\n", out.Exit, w.calls.Load() > 0)
	if requests <= 5 {
		fmt.Fprintf(&b, "requests: %d\n", requests)
	}
	for _, c := range w.hub.Checks(w.repo, w.head) {
		fmt.Fprintf(&b, "check: %s %s %s: %s\n", c.Name, c.Status, c.Conclusion, c.Title)
		for _, a := range c.Annotations {
			fmt.Fprintf(&b, "  annotation: %s:%d %s\n", a.Path, a.StartLine, a.Title)
		}
	}
	for _, c := range w.ours() {
		_, text, _ := strings.Cut(c.Body, "\n")
		fmt.Fprintf(&b, "comment: %s\n", firstParagraph(text))
	}
	for _, r := range out.Reports {
		for _, f := range r.Findings {
			fmt.Fprintf(&b, "finding: %s\n", f.Code)
		}
		for _, n := range r.NextSteps {
			fmt.Fprintf(&b, "next: %s\n", n)
		}
	}
	fmt.Fprintf(&b, "outputs: result=%s verdict=%s blocks=%s\n", s.outputs["result"], s.outputs["verdict"], s.outputs["blocks"])
	return b.String()
}

func firstParagraph(s string) string {
	for p := range strings.SplitSeq(strings.TrimSpace(s), "\n\n") {
		if p = strings.TrimSpace(p); p != "" && !strings.HasPrefix(p, "#") {
			return strings.ReplaceAll(p, "\n", " ")
		}
	}
	return "(nothing)"
}

// TestScenarios takes each archive in testdata/scenarios through a review. The files fork/..., main/... and head/...
// are the trees of the fork point, the base branch and the head; main and head have the fork point's files, too.
// The wanted state is the golden file beside it.
func TestScenarios(t *testing.T) {
	paths, err := filepath.Glob("testdata/scenarios/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, a)
			if body, ok := w.settings["earlier comment"]; ok {
				w.earlier(body)
			}
			w.hub.ResetRequests()
			var log bytes.Buffer
			s := newSink()
			out, err := review.New(w.options(&log)).Review(context.Background(), w.trigger(), s)
			got := w.state(out, s, len(w.hub.Requests()))
			if err != nil {
				got += "error: " + err.Error() + "\n"
			}
			golden.Check(t, strings.TrimSuffix(filepath.ToSlash(path), ".txtar")+".want", got)
			w.noSecret(&log, s)
		})
	}
}

// earlier posts a comment of ours, as an earlier review would have.
func (w *world) earlier(text string) {
	m, err := marker.Marker{Suite: "s", Head: w.base, Time: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}.Line()
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.client(w.t).Post(context.Background(), github.Repo{Owner: "acme", Name: "agent"}, w.pull, m+"\n"+text); err != nil {
		w.t.Fatal(err)
	}
}

// noSecret looks for the provider key everywhere a review writes to.
func (w *world) noSecret(log *bytes.Buffer, s *sink) {
	w.t.Helper()
	places := map[string]string{"log": log.String(), "summary": s.summary, "outputs": fmt.Sprint(s.outputs), "files": fmt.Sprint(s.files)}
	for i, r := range w.hub.Requests() {
		places["request "+strconv.Itoa(i)] = r.Body
	}
	for name, text := range places {
		if strings.Contains(text, secret) {
			w.t.Errorf("the provider key is in the %s", name)
		}
	}
}

func scenario(t *testing.T, name string) *world {
	t.Helper()
	a, err := txtar.ParseFile("testdata/scenarios/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	return newWorld(t, a)
}
