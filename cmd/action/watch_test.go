package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github/githubtest"
)

// watching is a repository whose provider can change what it serves, a store, and a token that may write issues.
type watching struct {
	*stage
	t      *testing.T
	store  string
	output atomic.Int64 // tokens of an answer, about
	wrong  atomic.Bool  // three of four answers are
	down   atomic.Bool
	served atomic.Value // name of the model
}

// newWatching fills the store by a push. More is appended to the configuration.
func newWatching(t *testing.T, more string) *watching {
	t.Helper()
	w := &watching{t: t, store: filepath.Join(t.TempDir(), "store")}
	w.output.Store(1000)
	w.served.Store("gpt-5.4")
	provider := httptest.NewServer(http.HandlerFunc(w.answer))
	t.Cleanup(provider.Close)
	w.stage = newStageOf(t, dearer, func(*stage) (config, suite string) {
		return strings.ReplaceAll(fmt.Sprintf(stageConfig, "report", provider.URL+"/v1"), "max_trials: 5", "max_trials: 5, concurrency: 1") + more, stageSuite
	})
	writer := githubtest.WorkflowActor()
	writer.Permissions["issues"] = "write"
	w.hub.AddToken("watcher", writer)
	if j := pushJob(t, w.stage, "main", w.store); j.run("review") != 0 || w.calls.Load() == 0 {
		t.Fatalf("%d calls\n%s%s", w.calls.Load(), &j.stdout, &j.stderr)
	}
	return w
}

func (w *watching) answer(out http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	n := w.calls.Add(1)
	if w.down.Load() {
		http.Error(out, `{"error":{"message":"down"}}`, http.StatusServiceUnavailable)
		return
	}
	content := "billing"
	if w.wrong.Load() && n%4 != 0 {
		content = "sales"
	}
	tokens := w.output.Load() * (95 + n%11) / 100
	_ = json.NewEncoder(out).Encode(map[string]any{"id": fmt.Sprint("r", n), "model": w.served.Load(),
		"choices": []any{map[string]any{"index": 0, "message": map[string]any{"role": "assistant", "content": content}, "finish_reason": "stop"}},
		"usage":   map[string]any{"prompt_tokens": 1000, "completion_tokens": tokens, "total_tokens": 1000 + tokens}})
}

// watch runs the scheduled job and returns what it said; it never fails.
func (w *watching) watch(change ...func(*job)) string {
	w.t.Helper()
	j := newJob(w.t, w.stage, "schedule")
	j.env["PERTASK_STORE"], j.env["PERTASK_JOURNAL_SECRET"], j.env["PERTASK_BASE_BRANCH"] = w.store, strings.Repeat("s", 32), "main"
	j.env["GITHUB_REF"], j.env["GITHUB_SHA"], j.env["PERTASK_GITHUB_TOKEN"] = "refs/heads/main", w.base, "watcher"
	for _, f := range change {
		f(j)
	}
	code := j.run("review")
	summary, err := os.ReadFile(j.env["GITHUB_STEP_SUMMARY"])
	if code != 0 || err != nil && !os.IsNotExist(err) {
		w.t.Fatalf("exit %d, %v\n%s%s", code, err, &j.stdout, &j.stderr)
	}
	if all := string(summary) + j.stdout.String() + j.stderr.String(); strings.Contains(all, providerKey) {
		w.t.Error("the provider's key is shown")
	}
	return string(summary) + j.stdout.String()
}

// issues are those that there are, as "number state title".
func (w *watching) issues() (out []string) {
	for _, i := range w.hub.Issues(w.repo) {
		out = append(out, fmt.Sprintf("%s %s", i.State, i.Title))
	}
	return out
}

// contains fails unless a text has all the parts.
func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is not in\n%.4000s", p, text)
		}
	}
}

func TestWatchNothingHasChanged(t *testing.T) {
	w := newWatching(t, "")
	before := w.calls.Load()
	contains(t, w.watch(), "nothing has changed", "Fresh trials of the base agree", "20 fresh trials of 4 tasks, 48 stored ones")
	if made := w.calls.Load() - before; made != 20 {
		t.Errorf("%d calls were made, want 5 of each task", made)
	}
	contains(t, w.watch(), "40 fresh trials of 4 tasks, 48 stored ones") // with those of the watch before
	if len(w.issues()) > 0 {
		t.Errorf("issues %q", w.issues())
	}
}

// What changes is told in one issue, which is kept up to date and closed when it is over.
func TestWatchLongerAnswers(t *testing.T) {
	w := newWatching(t, "")
	w.output.Store(2000)
	contains(t, w.watch(), "what is served has changed", "a second set of 20 confirms it", "output tokens", "issues/2: opened")
	all := w.hub.Issues(w.repo)
	if len(all) != 1 || all[0].State != "open" || !strings.Contains(all[0].Title, "(cost)") {
		t.Fatalf("issues %q", w.issues())
	}
	contains(t, all[0].Body, "a trial of the base costs", "The stored trials stay as they are", "actions/runs/7")
	contains(t, w.watch(), "issues/2: edited")
	if all = w.hub.Issues(w.repo); len(all) != 1 || all[0].Edits != 1 || len(w.hub.Comments(w.repo, all[0].Number)) != 0 {
		t.Errorf("the same is told again: %q, %d edits, %d comments", w.issues(), all[0].Edits, len(w.hub.Comments(w.repo, all[0].Number)))
	}
	w.served.Store("gpt-5.4-2026-03-05")
	w.watch()
	if c := w.hub.Comments(w.repo, all[0].Number); len(c) != 1 || !strings.Contains(c[0].Body, "answers now name `gpt-5.4-2026-03-05`") {
		t.Errorf("what is new is not said: %+v", c)
	}
	// The stored trials are of what is served now.
	w.store = filepath.Join(t.TempDir(), "store")
	if j := pushJob(t, w.stage, "main", w.store); j.run("review") != 0 {
		t.Fatal(j.stderr.String())
	}
	contains(t, w.watch(), "nothing has changed", "issues/2: closed")
	if c := w.hub.Comments(w.repo, all[0].Number); len(w.issues()) != 1 || !strings.HasPrefix(w.issues()[0], "closed") || len(c) != 2 {
		t.Errorf("issues %q, comments %+v", w.issues(), c)
	}
	// It comes back, in an issue of its own.
	w.output.Store(5000)
	contains(t, w.watch(), "issues/3: opened")
}

// An issue that a person has closed says enough.
func TestWatchAfterAPersonClosed(t *testing.T) {
	w := newWatching(t, "")
	w.output.Store(2000)
	w.watch()
	w.hub.CloseIssue(w.repo, w.hub.Issues(w.repo)[0].Number)
	contains(t, w.watch(), "issues/2: muted")
	if len(w.issues()) != 1 {
		t.Errorf("issues %q", w.issues())
	}
	w.wrong.Store(true)
	w.watch()
	w.watch()
	if all := w.issues(); len(all) != 2 || !strings.Contains(all[0], "completion") {
		t.Errorf("what is new is not told: %q", all)
	}
}

func TestWatchCompletionFell(t *testing.T) {
	w := newWatching(t, "")
	w.wrong.Store(true)
	contains(t, w.watch(), "of fresh trials of the base complete, 100 % of the stored ones did")
	if all := w.issues(); len(all) != 1 || !strings.Contains(all[0], "(completion)") {
		t.Errorf("issues %q", all)
	}
}

// A price that ends is told although all trials agree.
func TestWatchPromotionEnds(t *testing.T) {
	end := time.Now().UTC().AddDate(0, 0, 5).Format(time.DateOnly)
	w := newWatching(t, fmt.Sprintf(`prices:
  rows:
    - {provider: openai, model: gpt-5.4, until: %s, rates: {input: 1, output: 5}}
`, end))
	contains(t, w.watch(), "ends on "+end, "output", "Fresh trials of the base agree")
	if all := w.issues(); len(all) != 1 || !strings.Contains(all[0], "price that ends") {
		t.Errorf("issues %q", all)
	}
}

// Without the permission the summary says it all, and the job does not fail.
func TestWatchWithoutPermission(t *testing.T) {
	w := newWatching(t, "")
	w.output.Store(2000)
	contains(t, w.watch(func(j *job) { j.env["PERTASK_GITHUB_TOKEN"] = w.hub.Token }), "what is served has changed", "no issue was written", "issues: ")
	if len(w.issues()) > 0 {
		t.Errorf("issues %q", w.issues())
	}
}

// A budget that is used up, a provider that is down and a store that is empty are no drift.
func TestWatchThatCannotTell(t *testing.T) {
	for name, tt := range map[string]struct {
		more   string
		change func(*watching)
		want   []string
	}{
		"no budget":            {"watch: {budget: 0}\n", func(w *watching) { w.output.Store(2000) }, []string{"nothing is known to have changed", "budget is spent"}},
		"no second set":        {"watch: {budget: 0.40}\n", func(w *watching) { w.output.Store(2000) }, []string{"no second set could confirm it", "budget is spent"}},
		"the provider is down": {"", func(w *watching) { w.down.Store(true) }, []string{"nothing is known to have changed", "4 of 4 trials came to nothing"}},
		"an empty store":       {"", func(w *watching) { w.store = filepath.Join(w.t.TempDir(), "other") }, []string{"nothing is known to have changed", "were carried out and stored"}},
		"no key":               {"", func(w *watching) {}, []string{"nothing is known to have changed", "set `OPENAI_API_KEY`"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWatching(t, tt.more)
			tt.change(w)
			said := w.watch(func(j *job) {
				if name == "no key" {
					delete(j.env, "OPENAI_API_KEY")
				}
			})
			contains(t, said, tt.want...)
			if len(w.issues()) > 0 {
				t.Errorf("issues %q", w.issues())
			}
		})
	}
}

// Where nothing is set up nothing is asked of GitHub.
func TestWatchNothingSetUp(t *testing.T) {
	w := newWatching(t, "")
	w.hub.ResetRequests()
	calls := w.calls.Load()
	contains(t, w.watch(func(j *job) { delete(j.env, "PERTASK_STORE") }), "Nothing is watched")
	contains(t, w.watch(func(j *job) { j.env["GITHUB_REF"] = "refs/heads/other" }), "only the default branch")
	if n := len(w.hub.Requests()); n != 0 || w.calls.Load() != calls {
		t.Errorf("%d requests, %d calls", n, w.calls.Load()-calls)
	}
	contains(t, w.watch(func(j *job) { delete(j.env, "PERTASK_JOURNAL_SECRET") }), "journal-secret")
}

// TestTheWatchsWorkflow: the workflow of docs/watch.md is one, starts on what pertask watches on, may write issues and nothing
// else, and shares the store with the job that fills it, one at a time.
func TestTheWatchsWorkflow(t *testing.T) {
	found := blocks(t, "docs/watch.md", "schedule:")
	if len(found) != 1 {
		t.Fatalf("docs/watch.md has %d workflows, want 1", len(found))
	}
	path := filepath.Join(t.TempDir(), "watch.yml")
	if err := os.WriteFile(path, []byte(found[0]), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "tool", "actionlint", "-shellcheck=", "-pyflakes=", path).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	w := parsed(t, found[0])
	_, scheduled := w.On["schedule"]
	inputs, _ := w.On["workflow_dispatch"].(map[string]any)["inputs"].(map[string]any)
	if !scheduled || inputs[inputScheduled] == nil || len(w.On) != 2 {
		t.Errorf("it starts on %v", w.On)
	}
	if diff := cmp.Diff(map[string]string{"contents": "read", "issues": "write"}, w.Permissions); diff != "" {
		t.Errorf("permissions (-want +got):\n%s", diff)
	}
	for where, base := range shown(t, "base") {
		if diff := cmp.Diff(caches(base, "base", "pertask-base"), caches(w, "watch", "pertask-base")); diff != "" || base.Concurrency != w.Concurrency {
			t.Errorf("%s: another cache, or another group (%v, %v):\n%s", where, base.Concurrency, w.Concurrency, diff)
		}
	}
	action, err := os.ReadFile(filepath.Join(root(t), "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range w.Jobs["watch"].Steps {
		for name := range s.With {
			if strings.HasPrefix(s.Uses, "pertask/pertask@") && !strings.Contains(string(action), "\n  "+name+":\n") {
				t.Errorf("%q is no input of action.yml", name)
			}
		}
	}
}
