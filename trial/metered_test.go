package trial_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/usage"
)

// The key exists in the proxy and at the provider, and nowhere else.
const providerKey = "sk-provider-0123456789abcdef"

// realProxy starts a metering proxy before a provider that answers with the given status and body.
func realProxy(t *testing.T, l *lab, admit func(context.Context, usage.Call) error, status int, body string) (keys *[]string) {
	t.Helper()
	keys = new([]string)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*keys = append(*keys, r.Header.Get("Authorization"))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(upstream.Close)
	up := meter.Upstream{Name: "openai", URL: upstream.URL + "/v1", Auth: meter.Bearer, KeyEnv: "OPENAI_API_KEY"}
	keyring := meter.KeysFromEnv(func(name string) string {
		if name == "OPENAI_API_KEY" {
			return providerKey
		}
		return ""
	}, []meter.Upstream{up})
	proxy, err := meter.Start(meter.Config{Upstreams: []meter.Upstream{up}, Keys: keyring, Admit: admit, Record: l.journal.AppendCall})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proxy.Close(context.Background()) })
	l.Proxy, l.Upstreams = trial.Metered(proxy), []string{"openai"}
	return keys
}

func admitAll(context.Context, usage.Call) error { return nil }

const metered = `{"id":"r1","object":"chat.completion","model":"model-b-2026","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"billing"}}],
	"usage":{"prompt_tokens":11,"completion_tokens":3,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":1}}}`

func TestThroughTheRealProxy(t *testing.T) {
	agent := suite.Task{ID: "agent", Harness: "command", Grade: suite.Grader{Kind: suite.GradeContains, Value: "billing"},
		Command: `curl -sS -H "Authorization: Bearer $OPENAI_API_KEY" -H 'Content-Type: application/json' -d '{"model":"'"$PERTASK_MODEL"'","messages":[]}' "$OPENAI_BASE_URL/chat/completions"`}
	prompt := suite.Task{ID: "prompt", Harness: "prompt", Prompt: "Which team?", Grade: suite.Grader{Kind: suite.GradeEquals, Value: "billing"}}
	for _, task := range []suite.Task{prompt, agent} {
		t.Run(task.ID, func(t *testing.T) {
			if task.ID == "agent" {
				need.Program(t, "curl")
			}
			l := newLab(t, nil, task)
			keys := realProxy(t, l, admitAll, 200, metered)
			got := l.one(t, task.ID)
			wantOutcome(t, got, trial.Completed, "")
			if len(*keys) != 1 || (*keys)[0] != "Bearer "+providerKey {
				t.Errorf("the provider was shown %q, want the key once", *keys)
			}
			if len(got.Calls) != 1 {
				t.Fatalf("%d calls, want 1", len(got.Calls))
			}
			c := got.Calls[0]
			if c.Trial != got.Trial.ID || c.State != usage.Ended || c.Coverage != usage.Complete || c.RequestedModel != "model-b" || c.ServedModel != "model-b-2026" ||
				c.Tokens.Input != usage.Known(7) || c.Tokens.CacheRead != usage.Known(4) || c.Tokens.Output != usage.Known(3) {
				t.Errorf("the call is %+v", c)
			}
			ev := load(t, l.journal)
			if len(ev.Results) != 1 || len(ev.Results[0].Calls) != 1 || len(ev.Open)+len(ev.Stray) != 0 {
				t.Errorf("the journal holds %q, want one trial with one call", outline(ev))
			}
			if b, _ := json.Marshal(ev); strings.Contains(string(b), providerKey) || strings.Contains(string(b), "ptk_") {
				t.Error("the journal holds a key or a token")
			}
		})
	}
}

func TestRealProxyRefusals(t *testing.T) {
	spent := func(context.Context, usage.Call) error { return errors.New("pertask: budget of 1.00 USD is spent") }
	plain := func(context.Context, usage.Call) error { return errors.New("budget: 1.01 USD of 1.00 are spent") }
	other := func(context.Context, usage.Call) error { return errors.New("the model is not on the list") }
	for _, tt := range []struct {
		name   string
		admit  func(context.Context, usage.Call) error
		status int
		cause  string
		calls  int
	}{
		{"budget", spent, 200, trial.CauseBudget, 1},
		{"budget in other words", plain, 200, trial.CauseBudget, 1},
		{"not admitted for another reason", other, 200, trial.CauseProvider, 1},
		{"provider overloaded", admitAll, 529, trial.CauseProvider, 3},
		{"key refused", admitAll, 401, trial.CauseProvider, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, nil, suite.Task{ID: "x", Harness: "prompt", Prompt: "?", Grade: suite.Grader{Kind: suite.GradeEquals, Value: "billing"}})
			realProxy(t, l, tt.admit, tt.status, metered)
			got := l.one(t, "x")
			wantOutcome(t, got, trial.Void, tt.cause)
			if len(got.Calls) != tt.calls {
				t.Errorf("%d calls, want %d", len(got.Calls), tt.calls)
			}
		})
	}
}

// A token works for as long as its trial.
func TestTokenEndsWithItsTrial(t *testing.T) {
	out, read := witness(t)
	l := newLab(t, nil, command("x", `echo "$OPENAI_BASE_URL $PERTASK_TOKEN" > `+out, "true"))
	keys := realProxy(t, l, admitAll, 200, metered)
	wantOutcome(t, l.one(t, "x"), trial.Completed, "")
	url, token, _ := strings.Cut(read(), " ")
	req, err := http.NewRequest(http.MethodPost, url+"/chat/completions", strings.NewReader(`{"model":"m","messages":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized || len(*keys) != 0 {
		t.Errorf("status %d and %d requests at the provider, want 401 and none", res.StatusCode, len(*keys))
	}
}

// BenchmarkPromptTrials compares trials of one request with the bare requests: what a trial costs beyond them.
func BenchmarkPromptTrials(b *testing.B) {
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, chatAnswer)
	}))
	defer provider.Close()
	const n = 200
	job := trial.Job{Route: trial.Route{BaseURL: provider.URL, Format: trial.FormatChat},
		Arm: arm.Arm{Settings: []arm.Setting{{Slot: "main", Key: arm.Model, Value: "m"}}}}
	ask := trial.Prompt(nil).Ask
	var bare, whole time.Duration
	for b.Loop() {
		start := time.Now()
		for range n {
			if _, err := ask(context.Background(), job); err != nil {
				b.Fatal(err)
			}
		}
		bare += time.Since(start)
		cfg := trial.Config{
			Source: os.DirFS(b.TempDir()), Arms: map[trial.Side]arm.Arm{trial.Base: job.Arm, trial.Head: job.Arm},
			Suite: &suite.Suite{Tasks: []suite.Task{{ID: "x", Harness: "prompt", Grade: suite.Grader{Kind: suite.GradeEquals, Value: "billing"}}}},
			Proxy: &fakeProxy{base: provider.URL}, Upstream: func(arm.Arm) (string, error) { return "openai", nil }, Upstreams: []string{"openai"},
			Journal: journal.NewMemory(), Scratch: b.TempDir(), EvidenceKey: "k",
		}
		r, err := trial.New(cfg)
		if err != nil {
			b.Fatal(err)
		}
		start = time.Now()
		if err := r.Run(context.Background(), trial.Plan(1, 0, []string{"x"}, 0, n/2)); err != nil {
			b.Fatal(err)
		}
		whole += time.Since(start)
	}
	b.ReportMetric(float64(whole)/float64(bare), "x-bare")
	b.ReportMetric(float64((whole-bare).Microseconds())/float64(b.N*n), "us-more/trial")
}
