package commandtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/newrepo"
	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/report"
)

// Repository makes a git repository with a base branch "main" and a head branch "head", which is checked out.
func Repository(t testing.TB, base, head map[string]string) string {
	t.Helper()
	need.Program(t, "git")
	dir, ctx := t.TempDir(), t.Context()
	r, err := newrepo.Init(ctx, dir)
	for _, err := range []error{err, r.Commit(ctx, base, "base"), r.Branch(ctx, "head"), r.Commit(ctx, head, "head")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Commit checks a branch of a repository out and commits files to it.
func Commit(t testing.TB, dir, branch string, files map[string]string) {
	t.Helper()
	r, ctx := newrepo.At(dir), t.Context()
	for _, err := range []error{r.Checkout(ctx, branch), r.Commit(ctx, files, "more")} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Suite is a suite of three tasks, which a provider that answers "billing" completes.
const Suite = `name: tickets
harness: prompt
tasks:
  - {id: a, prompt: "Which team?", grade: {equals: billing}}
  - {id: b, prompt: "Which team?", grade: {equals: billing}}
  - {id: c, prompt: "Which team?", grade: {equals: billing}}
`

// Change is a repository with a suite whose provider is scripted.
func Change(t testing.TB, mode string, head map[string]string) (dir string, calls *atomic.Int64) {
	t.Helper()
	calls = &atomic.Int64{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := calls.Add(1)
		var req struct{ Model string }
		body, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(body, &req)
		output := 1000
		if req.Model == "gpt-5.4-mini" {
			output *= 20
		}
		fmt.Fprintf(w, `{"id":"r%d","model":%q,"choices":[{"index":0,"message":{"role":"assistant","content":"billing"},"finish_reason":"stop"}],`+
			`"usage":{"prompt_tokens":1000,"completion_tokens":%d,"total_tokens":%d}}`, n, req.Model, output, 1000+output)
	}))
	t.Cleanup(srv.Close)
	return Repository(t, map[string]string{
		".github/pertask.yml": "version: 1\nsuite: suite.yaml\nmodels: [{path: agent.yaml, model: $.model, base_url: $.url}]\nrun: {max_trials: 5}\nverdict: {mode: " + mode + "}\n" +
			"upstreams: [{name: openai, provider: openai, url: \"" + srv.URL + "/v1\", auth: bearer, key_env: OPENAI_API_KEY}]\n",
		"suite.yaml": Suite, "agent.yaml": "model: gpt-5.4\n",
	}, head), calls
}

// Mini is a head that changes the model, to one that needs more of what it is cheaper by.
var Mini = map[string]string{"agent.yaml": "model: gpt-5.4-mini\n"}

// Report reads the report in a folder.
func Report(t testing.TB, dir string) *report.Report {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.ParseJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
