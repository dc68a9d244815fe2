package measure_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pertask/pertask/app/measure"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/record/recordtest"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/githubtest/checkstore"
	"github.com/pertask/pertask/internal/logbuffer"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
)

const (
	installation = 77
	secret       = "sk-a-provider-key-that-nobody-may-see"
)

// world is a repository on an in-memory GitHub with the App installed, and a provider.
type world struct {
	t        *testing.T
	hub      *githubtest.Server
	provider *httptest.Server
	calls    atomic.Int64
	onCall   func(n int64)
	refuse   string // what the provider answers in place of doing anything
	repo     string
	base     string
	head     string
	files    map[string]githubtest.File // of the head
	pull     int
	reviews  *recordtest.Memory
	journals sync.Map
	ledger   ledgertest.Memory
	config   measure.Config
	log      logbuffer.Buffer
}

const suiteText = `name: tickets
harness: prompt
tasks:
  - {id: a, prompt: "Which team?", grade: {equals: billing}}
  - {id: b, prompt: "Which team?", grade: {equals: billing}}
  - {id: c, prompt: "Which team?", grade: {equals: billing}}
  - {id: d, prompt: "Which team?", grade: {equals: billing}}
`

// newWorld opens a pull request that makes the model dearer, or what the head's settings file says.
func newWorld(t *testing.T, run, head string) *world {
	t.Helper()
	return newWorldOf(t, run, head, suiteText)
}

func newWorldOf(t *testing.T, run, head, suite string) *world {
	t.Helper()
	w := &world{t: t, reviews: &recordtest.Memory{}}
	w.provider = httptest.NewServer(http.HandlerFunc(w.answer))
	t.Cleanup(w.provider.Close)
	files := githubtest.Text(map[string]string{
		".github/pertask.yml": "version: 1\nsuite: evals/suite.yaml\nmodels: [{path: config/agent.yaml, model: $.coder.model}]\nrun: {max_trials: 5" + run + "}\n" +
			"upstreams: [{name: openai, provider: openai, url: \"" + w.provider.URL + "/v1\", auth: bearer, key_env: OPENAI_API_KEY}]\n",
		"evals/suite.yaml":  suite,
		"config/agent.yaml": "coder:\n  model: gpt-5.4\n",
	})
	w.hub = githubtest.New(t)
	w.repo = w.hub.AddRepo("acme", "agent")
	w.base = w.hub.Commit(w.repo, nil, files)
	w.hub.SetBranch(w.repo, "main", w.base)
	for path, text := range map[string]string{"config/agent.yaml": head} {
		files[path] = githubtest.File{Content: text}
	}
	w.files = files
	w.head = w.hub.Commit(w.repo, []string{w.base}, files)
	w.pull = w.hub.OpenPull(w.repo, w.base, w.head)
	scratch, _, err := measure.OpenScratch(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := scratch.Close(); err != nil {
			t.Error(err)
		}
	})
	w.config = measure.Config{
		App: github.AppAuth{ID: 9, PrivateKey: w.hub.AddApp(9, installation, "pertask")}, BaseURL: w.hub.URL, GraphQLURL: w.hub.GraphQLURL,
		Version: "test", Reviews: w.reviews, Audit: w.reviews, Evidence: w.evidence, Keys: w.keys, Getenv: getenv, Scratch: scratch, Slots: measure.NewSlots(2, 1),
		ReportURL: func(_ int64, id string) string { return "https://app.example/reviews/" + id }, Now: time.Now,
		Log: slog.New(slog.NewJSONHandler(&w.log, nil)),
	}
	return w
}

const mini = "coder:\n  model: gpt-5.4-mini\n"

func getenv(name string) string {
	if name == "PATH" {
		return os.Getenv("PATH")
	}
	return ""
}

// keys are those of one installation only.
func (w *world) keys(_ context.Context, id int64, ups []meter.Upstream) (meter.Keys, error) {
	return meter.KeysFromEnv(func(name string) string {
		if id == installation && name == "OPENAI_API_KEY" {
			return secret
		}
		return ""
	}, ups), nil
}

func (w *world) evidence(t measure.Tenant) measure.Evidence {
	return measure.Evidence{Base: &w.ledger, Tests: &w.ledger, Journal: func(_ context.Context, key string) (trial.Journal, error) {
		j, _ := w.journals.LoadOrStore(fmt.Sprint(t, key), journal.NewMemory())
		return j.(trial.Journal), nil
	}}
}

// answer is the provider: gpt-5.4-mini needs 20 times the tokens.
func (w *world) answer(rw http.ResponseWriter, r *http.Request) {
	n := w.calls.Add(1)
	if w.onCall != nil {
		w.onCall(n)
	}
	if w.refuse != "" {
		rw.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(rw, w.refuse)
		return
	}
	var req struct{ Model string }
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &req)
	output := 1000
	if req.Model == "gpt-5.4-mini" {
		output *= 20
	}
	if r.Header.Get("Authorization") != "Bearer "+secret {
		rw.WriteHeader(http.StatusUnauthorized)
		return
	}
	fmt.Fprintf(rw, `{"id":"r%d","model":%q,"choices":[{"index":0,"message":{"role":"assistant","content":"billing"},"finish_reason":"stop"}],`+
		`"usage":{"prompt_tokens":1000,"completion_tokens":%d,"total_tokens":%d}}`, n, req.Model, output, 1000+output)
}

func (w *world) measurer() *measure.Measurer {
	w.t.Helper()
	m, err := measure.New(w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// job is a review of the pull request, number n.
func (w *world) job(n int) measure.Job {
	return measure.Job{ID: fmt.Sprintf("%032x", n), Delivery: fmt.Sprint("delivery-", n), Repo: record.Repo{Installation: installation, ID: 5, Name: w.repo},
		Trigger: review.Trigger{Kind: review.Job, Repo: github.Repo{Owner: "acme", Name: "agent"}, Pull: w.pull, BaseSHA: w.base, HeadSHA: w.head, Author: "eve"}}
}

// kept is what is kept of the review number n.
func (w *world) kept(n int) record.Review {
	w.t.Helper()
	r, found, err := w.reviews.Review(w.t.Context(), record.Scope{Installation: installation, Repos: []int64{5}}, fmt.Sprintf("%032x", n))
	if err != nil || !found {
		w.t.Fatalf("review %d: found %t, %v", n, found, err)
	}
	return r
}

// last is the newest check run of the head.
func (w *world) last() checkstore.Run {
	w.t.Helper()
	all := w.hub.Checks(w.repo, w.head)
	if len(all) == 0 {
		w.t.Fatal("there is no check run")
	}
	return all[len(all)-1]
}

// noSecret looks for the provider key everywhere something was written to.
func (w *world) noSecret() {
	w.t.Helper()
	places := map[string]string{"log": w.log.String()}
	for i, r := range w.hub.Requests() {
		places[fmt.Sprint("request ", i)] = r.Body
	}
	all, err := w.reviews.List(w.t.Context(), record.Scope{Installation: installation, Repos: []int64{5}}, record.Filter{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range all {
		whole, _, _ := w.reviews.Review(w.t.Context(), record.Scope{Installation: installation, Repos: []int64{5}}, r.ID)
		for _, s := range whole.Suites {
			places["report of "+r.ID] = string(s.Report)
		}
		places["title of "+r.ID] = r.Title
	}
	for name, text := range places {
		if strings.Contains(text, secret) {
			w.t.Errorf("the provider key is in the %s", name)
		}
	}
}

func usd(t *testing.T, s string) price.Amount {
	t.Helper()
	m, err := price.ParseMoney(s)
	if err != nil {
		t.Fatal(err)
	}
	return price.Known(m)
}
