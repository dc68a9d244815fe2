package watch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	report "github.com/pertask/pertask/report/watch"
	"github.com/pertask/pertask/review/ground"
	"github.com/pertask/pertask/review/watch"
)

// aged is a store whose trials are older than they are, but for those of watches.
type aged struct {
	ledgertest.Memory
	by  time.Duration
	err error
}

// BaseTrials implements ledger.Store.
func (a *aged) BaseTrials(ctx context.Context, key string) ([]ledger.BaseTrial, error) {
	all, err := a.Memory.BaseTrials(ctx, key)
	for i := range all {
		if !strings.HasPrefix(key, "watch/") {
			all[i].Time = all[i].Time.Add(-a.by)
		}
	}
	return all, errors.Join(err, a.err)
}

var repo = github.Repo{Owner: "acme", Name: "agent"}

// place is a repository with one suite, and a store that can be older than it is.
func place(t *testing.T, prices string) (ground.Options, *aged, string) {
	t.Helper()
	calls := 0
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		calls++
		n := 900 + 20*(calls%11)
		fmt.Fprintf(w, `{"id":"r%d","model":"gpt-5.4","choices":[{"index":0,"message":{"role":"assistant","content":"y"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1000,"completion_tokens":%d,"total_tokens":%d}}`, calls, n, 1000+n)
	}))
	t.Cleanup(provider.Close)
	hub := githubtest.New(t)
	name := hub.AddRepo("acme", "agent")
	sha := hub.Commit(name, nil, githubtest.Text(map[string]string{
		config.Path: "version: 1\nsuite: s.yaml\nmodels: [{path: agent.yaml, model: $.model}]\nrun: {concurrency: 1}\nupstreams: [{name: openai, provider: openai, url: " +
			fmt.Sprintf("%q", provider.URL+"/v1") + ", auth: bearer, key_env: OPENAI_API_KEY}]\n" + prices,
		"s.yaml":     "name: s\nharness: prompt\ntasks:\n  - {id: a, prompt: x, grade: {equals: y}}\n  - {id: b, prompt: x, grade: {equals: y}}\n",
		"agent.yaml": "model: gpt-5.4\n"}))
	client, err := github.New(github.Config{BaseURL: hub.URL, GraphQLURL: hub.GraphQLURL, Token: hub.Token})
	if err != nil {
		t.Fatal(err)
	}
	store := &aged{}
	return ground.Options{GitHub: client, Book: price.Embedded(), ConfigPath: config.Path, Scratch: t.TempDir(), Getenv: os.Getenv, Now: time.Now, Store: store,
		Log: slog.New(slog.DiscardHandler),
		Keys: func(ups []meter.Upstream) meter.Keys {
			return meter.KeysFromEnv(func(string) string { return "sk-test-0123456789" }, ups)
		}}, store, sha
}

func run(t *testing.T, o ground.Options, sha string) report.Suite {
	t.Helper()
	w, err := watch.Run(t.Context(), o, repo, sha)
	if err != nil || len(w.Suites) != 1 || w.Commit != sha {
		t.Fatalf("%+v, %v", w, err)
	}
	return w.Suites[0]
}

// The first watch stores trials, the next one compares, and a price that has changed since is told at the prices of now.
func TestAPriceHasChanged(t *testing.T) {
	day := func(n int) string { return time.Now().UTC().AddDate(0, 0, n).Format(time.DateOnly) }
	o, store, sha := place(t, fmt.Sprintf("prices:\n  rows:\n    - {provider: openai, model: gpt-5.4, until: %s, rates: {input: 1, output: 5}}\n"+
		"    - {provider: openai, model: gpt-5.4, from: %s, rates: {input: 1, output: 8}}\n", day(-3), day(-3)))
	if s := run(t, o, sha); s.State != report.Filled || s.Fresh != 24 || len(s.Prices) != 0 {
		t.Fatalf("the first: %+v", s)
	}
	if s := run(t, o, sha); s.State != report.Calm || len(s.Prices) != 0 || s.Finding.StoredTrials != 24 || s.Finding.FreshTrials != 12 {
		t.Errorf("before: %+v", s)
	}
	store.by = 10 * 24 * time.Hour
	s := run(t, o, sha)
	if s.State != report.Calm || len(s.Prices) != 1 || s.Prices[0].Rates[0].After.String() != "8" || s.Finding.FreshTrials != 24 {
		t.Errorf("after: %+v", s)
	}
	store.by = -30 * time.Minute // they were replaced after the watches before
	if s := run(t, o, sha); s.State != report.Calm || s.Finding.FreshTrials != 12 {
		t.Errorf("stored trials that are younger than sentinels: %+v", s)
	}
	store.by = 91 * 24 * time.Hour
	if s := run(t, o, sha); s.State != report.Filled && s.State != report.Unable || s.Finding.Tasks != 0 {
		t.Errorf("stored trials that are too old: %+v", s)
	}
}

// Sentinels are kept apart from what comparisons use.
func TestTheStoreStaysAsItIs(t *testing.T) {
	o, store, sha := place(t, "")
	run(t, o, sha)
	var before, after []ledger.BaseTrial
	seen := &keys{Store: store}
	o.Store = seen
	run(t, o, sha)
	for _, key := range seen.read {
		all, err := store.BaseTrials(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(key, "watch/") {
			after = append(after, all...)
		} else {
			before = append(before, all...)
		}
	}
	if len(before) != 24 || len(after) != 12 || len(seen.dropped) > 0 {
		t.Errorf("%d stored trials and %d sentinels; dropped %q", len(before), len(after), seen.dropped)
	}
}

// keys notes what is asked of a store.
type keys struct {
	ledger.Store
	read, dropped []string
}

func (k *keys) BaseTrials(ctx context.Context, key string) ([]ledger.BaseTrial, error) {
	k.read = append(k.read, key)
	return k.Store.BaseTrials(ctx, key)
}

func (k *keys) DropBaseTrials(ctx context.Context, key, why string) error {
	k.dropped = append(k.dropped, key)
	return k.Store.DropBaseTrials(ctx, key, why)
}

func TestNothingToWatch(t *testing.T) {
	o, store, sha := place(t, "")
	o.Budget = func(context.Context) (price.Amount, error) { return price.Known(price.Money{}), nil }
	if s := run(t, o, sha); s.State != report.Unable || !strings.Contains(s.Why, "is spent") || s.Name != "s" {
		t.Errorf("the month's budget is spent: %+v", s)
	}
	o.Budget = nil
	store.err = errors.New("disk on fire")
	if _, err := watch.Run(t.Context(), o, repo, sha); err == nil || !strings.Contains(err.Error(), "disk on fire") {
		t.Errorf("a store that cannot be read: %v", err)
	}
	o.Store = nil
	if _, err := watch.Run(t.Context(), o, repo, sha); !errors.Is(err, watch.ErrNoStore) {
		t.Errorf("no store: %v", err)
	}
	o.ConfigPath = ".github/other.yml"
	if w, err := watch.Run(t.Context(), o, repo, sha); err != nil || len(w.Suites) > 0 {
		t.Errorf("no configuration: %+v, %v", w, err)
	}
}
