package compare_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

const secret = "sk-a-provider-key-that-nobody-may-see"

// provider is a scripted Chat Completions server: the head's model answers with half the output tokens.
type provider struct {
	calls atomic.Int64
	mu    sync.Mutex
	auth  map[string]bool
	usage func(model string) string // of the answer; nil for the script
	// served names models that are served in place of the requested ones.
	served map[string]string
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := p.calls.Add(1)
	p.mu.Lock()
	p.auth[r.Header.Get("Authorization")] = true
	p.mu.Unlock()
	var req struct{ Model string }
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &req)
	output := 1000 + n%7*10
	if req.Model == "gpt-5.4-mini" {
		output /= 2
	}
	text := fmt.Sprintf(`{"prompt_tokens":1000,"completion_tokens":%d,"total_tokens":%d}`, output, 1000+output)
	if p.usage != nil {
		text = p.usage(req.Model)
	}
	if m, ok := p.served[req.Model]; ok {
		req.Model = m
	}
	fmt.Fprintf(w, `{"id":"r%d","object":"chat.completion","model":%q,"choices":[{"index":0,"message":{"role":"assistant","content":"billing"},"finish_reason":"stop"}],"usage":%s}`, n, req.Model, text)
}

type lab struct {
	provider *provider
	opts     compare.Options
	bench    compare.Bench
	journal  *journal.Memory
}

const promptSuite = `
name: tickets
harness: prompt
tasks:
  - {id: a, prompt: "Which team?", grade: {equals: billing}}
  - {id: b, prompt: "Which team owns it?", grade: {contains: bill}}
  - {id: c, prompt: "Which team?", grade: {matches: "^bill"}}
  - {id: d, prompt: "Which team?", grade: {equals: sales}}
`

func modelArmOf(model string) arm.Arm {
	return arm.Arm{}.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Model, Value: model})
}

// newLab makes a comparison of gpt-5.4 with gpt-5.4-mini on a suite, against a scripted provider.
func newLab(t testing.TB, text string) *lab {
	t.Helper()
	l := &lab{provider: &provider{auth: map[string]bool{}}, journal: journal.NewMemory()}
	srv := httptest.NewServer(l.provider)
	t.Cleanup(srv.Close)
	source := fstest.MapFS{"suite.yaml": {Data: []byte(text)}, "agent.yaml": {Data: []byte("model: gpt-5.4\nprovider: openai\n")}}
	su, err := suite.Load(source, "suite.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ups := []meter.Upstream{{Name: "openai", Provider: "openai", URL: srv.URL + "/v1", Auth: meter.Bearer, KeyEnv: "OPENAI_API_KEY"}}
	getenv := func(name string) string {
		if name == "OPENAI_API_KEY" {
			return secret
		}
		if name == "PATH" {
			return "/usr/local/bin:/usr/bin:/bin"
		}
		return ""
	}
	l.opts = analysisOptions()
	l.opts.Pair = arm.Pair{Base: modelArmOf("gpt-5.4"), Head: modelArmOf("gpt-5.4-mini"), Changes: []arm.Change{{
		Slot: arm.MainSlot, Key: arm.Model, Base: "gpt-5.4", Head: "gpt-5.4-mini", HasBase: true, HasHead: true}}}
	l.opts.Suite, l.opts.Looks, l.opts.Seed = su, []int{4}, 7
	l.bench = compare.Bench{Source: source, Watches: []arm.Watch{{Path: "agent.yaml", Selectors: map[arm.Key]string{arm.Model: "$.model", arm.Provider: "$.provider"}}}, Upstreams: ups, Keys: meter.KeysFromEnv(getenv, ups), Scratch: t.TempDir(),
		Journal: l.journal, Concurrency: 4, Getenv: getenv}
	return l
}

func TestRunMeasuresAndDecides(t *testing.T) {
	l := newLab(t, promptSuite)
	var last compare.Progress
	l.bench.Progress = func(p compare.Progress) { last = p }
	r, err := compare.Run(context.Background(), l.opts, l.bench)
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != verdict.Switch || r.Ratio.Scope != verdict.SuiteScope {
		t.Errorf("verdict %v in scope %s (%+v), want switch in scope suite", r.Verdict, r.Ratio.Scope, r.Reason)
	}
	if r.Base.Trials != 16 || r.Base.Completed != 12 || r.Head.Completed != 12 {
		t.Errorf("trials %d, completed %d and %d; want 16, 12 and 12", r.Base.Trials, r.Base.Completed, r.Head.Completed)
	}
	if last.Done != 32 || last.Total != 32 || l.provider.calls.Load() != 32 {
		t.Errorf("progress %+v after %d calls, want 32 of 32", last, l.provider.calls.Load())
	}
	if r.Base.Cost.Status != price.Exact || r.SpentUSD.String() != r.Base.Cost.Plus(r.Head.Cost).Amount.String() {
		t.Errorf("spent %v of %v and %v", r.SpentUSD, r.Base.Cost.Amount, r.Head.Cost.Amount)
	}
	if len(l.provider.auth) != 1 || !l.provider.auth["Bearer "+secret] {
		t.Error("the provider did not get the key, or something else as well")
	}
	evidence, _ := l.journal.Load()
	for _, res := range evidence.Results {
		for _, c := range res.Calls {
			if c.DeclaredModel != c.RequestedModel || c.CostStatus != "exact" || c.PriceRow == "" || len(c.Raw) == 0 {
				t.Fatalf("a journalled call cannot be audited: %+v", c)
			}
		}
	}
	if data, _ := json.Marshal(evidence); strings.Contains(string(data), secret) {
		t.Error("the key is in the journal")
	}
}

func TestRunContinuesFromTheJournal(t *testing.T) {
	l := newLab(t, promptSuite)
	ctx, cancel := context.WithCancel(context.Background())
	l.bench.Progress = func(p compare.Progress) {
		if p.Done == 10 {
			cancel()
		}
	}
	if _, err := compare.Run(ctx, l.opts, l.bench); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	before := l.provider.calls.Load()
	l.bench.Progress = nil
	r, err := compare.Run(context.Background(), l.opts, l.bench)
	if err != nil {
		t.Fatal(err)
	}
	if r.Base.Trials+r.Head.Trials != 32 {
		t.Errorf("%d trials, want 32", r.Base.Trials+r.Head.Trials)
	}
	if again := l.provider.calls.Load() - before; again > 22 {
		t.Errorf("%d calls in the second run: finished trials were paid again", again)
	}
	l.opts.Pair.Head = modelArmOf("gpt-5.5")
	if _, err := compare.Run(context.Background(), l.opts, l.bench); err == nil || !strings.Contains(err.Error(), "another comparison") {
		t.Errorf("error %v, want a refusal of the other comparison's journal", err)
	}
}

func TestRunKeepsTheBudget(t *testing.T) {
	l := newLab(t, promptSuite)
	l.opts.Budget = price.Known(price.MustMoney("0.05"))
	l.bench.Concurrency = 1
	r, err := compare.Run(context.Background(), l.opts, l.bench)
	if err != nil {
		t.Fatal(err)
	}
	spent, _ := r.SpentUSD.Value()
	if spent.Cmp(price.MustMoney("0.07")) > 0 {
		t.Errorf("spent %v of 0.05: more than one call above the budget", spent)
	}
	if r.Verdict != verdict.Inconclusive {
		t.Errorf("verdict %v after most trials are void, want inconclusive", r.Verdict)
	}
}

func TestRunIsInconclusiveWhenAPriceIsUnknown(t *testing.T) {
	l := newLab(t, promptSuite)
	l.opts.Pair.Head = modelArmOf("gpt-99").With(arm.Setting{Slot: arm.MainSlot, Key: arm.Provider, Value: "openai"})
	r, err := compare.Run(context.Background(), l.opts, l.bench)
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != verdict.Inconclusive || r.Ratio != nil || !strings.Contains(r.Reason.Text, "gpt-99") {
		t.Errorf("verdict %v, ratio %v, reason %q; want inconclusive for the price of gpt-99", r.Verdict, r.Ratio, r.Reason.Text)
	}
	if r.Head.Cost.Amount.IsKnown() || r.Head.Cost.Status != price.Unknown || !r.Base.Cost.Amount.IsKnown() {
		t.Errorf("head cost %+v, base cost %+v", r.Head.Cost, r.Base.Cost)
	}
}

func TestRunIsInconclusiveWithoutUsage(t *testing.T) {
	l := newLab(t, promptSuite)
	l.provider.usage = func(model string) string {
		if model == "gpt-5.4-mini" {
			return "null"
		}
		return `{"prompt_tokens":10,"completion_tokens":1,"total_tokens":11}`
	}
	r, err := compare.Run(context.Background(), l.opts, l.bench)
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != verdict.Inconclusive || r.Head.Cost.Amount.IsKnown() {
		t.Errorf("verdict %v, head cost %v: a missing usage was counted", r.Verdict, r.Head.Cost.Amount)
	}
}

func TestRunWithholdsWhenTheAgentDoesNotUseTheProxy(t *testing.T) {
	need.Program(t, "sh")
	l := newLab(t, "name: n\nharness: command\ntasks: [{id: a, command: 'true', grade: 'true'}, {id: b, command: 'true', grade: 'true'}]\n")
	r, err := compare.Run(context.Background(), l.opts, l.bench)
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != verdict.Inconclusive || r.Reason.Code != "no-calls" {
		t.Errorf("verdict %v because of %+v, want inconclusive because of no-calls", r.Verdict, r.Reason)
	}
}

func TestRunWithholdsWhenAnotherModelRuns(t *testing.T) {
	need.Program(t, "curl")
	l := newLab(t, `
name: n
harness: command
command: >-
  curl -sS -H "Authorization: Bearer $PERTASK_TOKEN" -d '{"model":"gpt-5.5","messages":[]}' "$PERTASK_BASE_URL/chat/completions"
tasks: [{id: a, grade: {contains: billing}}, {id: b, grade: {contains: billing}}]
`)
	r, err := compare.Run(context.Background(), l.opts, l.bench)
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != verdict.Inconclusive || r.Reason.Code != "model-not-requested" {
		t.Errorf("verdict %v because of %+v, want inconclusive because of model-not-requested", r.Verdict, r.Reason)
	}
}

func TestReady(t *testing.T) {
	l := newLab(t, promptSuite)
	if err := l.bench.Ready(l.opts); err != nil {
		t.Errorf("ready: %v", err)
	}
	keys := l.bench.Keys
	l.bench.Keys = meter.Keys{}
	err := l.bench.Ready(l.opts)
	if !errors.Is(err, compare.ErrNotReady) || !strings.Contains(err.Error(), "OPENAI_API_KEY") {
		t.Errorf("without a key: %v", err)
	}
	if _, err := compare.Run(context.Background(), l.opts, l.bench); !errors.Is(err, compare.ErrNotReady) || l.provider.calls.Load() != 0 {
		t.Errorf("Run without a key: %v after %d calls", err, l.provider.calls.Load())
	}
	l.bench.Keys = keys
	l.opts.Pair.Head = modelArmOf("nobody-knows-this")
	if err := l.bench.Ready(l.opts); !errors.Is(err, compare.ErrNotReady) || !strings.Contains(err.Error(), "full id") {
		t.Errorf("with an unknown model: %v", err)
	}
}

// A change that the tasks' harness cannot send is not measured: both arms would run the same.
func TestReadyRefusesWhatNoRequestHas(t *testing.T) {
	budget := func(a arm.Arm, tokens string) arm.Arm {
		return a.With(arm.Setting{Slot: arm.MainSlot, Key: arm.ThinkingBudget, Value: tokens, Source: arm.Source{Path: "app.yaml", Line: 2, Column: 9}})
	}
	l := newLab(t, promptSuite)
	base, head := l.opts.Pair.Base, l.opts.Pair.Head
	l.opts.Pair.Base, l.opts.Pair.Head = budget(base, "1024"), budget(head, "1024")
	if err := l.bench.Ready(l.opts); err != nil {
		t.Errorf("with a budget that is the same: %v", err)
	}
	for _, pair := range []arm.Pair{{Base: budget(base, "1024"), Head: budget(head, "2048")}, {Base: base, Head: budget(head, "2048")}, {Base: budget(base, "1024"), Head: head}} {
		l.opts.Pair.Base, l.opts.Pair.Head = pair.Base, pair.Head
		err := l.bench.Ready(l.opts)
		if !errors.Is(err, compare.ErrNotReady) || !strings.Contains(err.Error(), `preparing prompt: app.yaml:2:9: "thinking_budget" changes`) {
			t.Errorf("with a budget that changes: %v", err)
		}
		if _, err := compare.Run(context.Background(), l.opts, l.bench); !errors.Is(err, compare.ErrNotReady) || l.provider.calls.Load() != 0 {
			t.Errorf("Run: %v after %d calls", err, l.provider.calls.Load())
		}
	}
}

func TestEvidenceKey(t *testing.T) {
	l := newLab(t, promptSuite)
	key := l.opts.EvidenceKey()
	same := l.opts
	same.Pair.Head = arm.Arm{}.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Model, Value: "gpt-5.4-mini", Source: arm.Source{Path: "x", Line: 9}})
	same.Version, same.Seed = "v9", 3
	if got := same.EvidenceKey(); got != key {
		t.Error("the place of a setting, the release or the seed changes the evidence key")
	}
	other := l.opts
	other.Pair.Head = other.Pair.Head.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Effort, Value: "high"})
	if other.EvidenceKey() == key {
		t.Error("another effort has the same evidence key")
	}
}

func TestForecast(t *testing.T) {
	l := newLab(t, promptSuite)
	f := l.opts.Forecast()
	one, known := f.USD.Value()
	if !known || f.Trials != 32 || f.Low.IsKnown() || f.High.IsKnown() {
		t.Errorf("one look: forecast %+v", f)
	}
	l.opts.Looks = []int{2, 4}
	f = l.opts.Forecast()
	usd, _ := f.USD.Value()
	low, _ := f.Low.Value()
	high, _ := f.High.Value()
	if high.Cmp(one) != 0 || low.Times(2).Cmp(high) != 0 || usd.Cmp(low) <= 0 || usd.Cmp(high) >= 0 || f.Trials <= 16 || f.Trials >= 32 {
		t.Errorf("two looks: forecast %+v", f)
	}
	l.opts.Pair.Head = modelArmOf("nobody-knows-this")
	if f := l.opts.Forecast(); f.USD.IsKnown() {
		t.Errorf("forecast %v for a model without a price", f.USD)
	}
}

func TestNewRefuses(t *testing.T) {
	l := newLab(t, promptSuite)
	for _, looks := range [][]int{nil, {0}, {3, 2}} {
		o := l.opts
		o.Looks = looks
		if _, err := compare.New(o); err == nil {
			t.Errorf("looks %v: no error", looks)
		}
	}
	o := l.opts
	o.Suite = nil
	if _, err := compare.New(o); err == nil {
		t.Error("no suite: no error")
	}
}

func TestAddIsIdempotentAndRefusesStrangers(t *testing.T) {
	l := newLab(t, promptSuite)
	c, err := compare.New(l.opts)
	if err != nil {
		t.Fatal(err)
	}
	slot := c.Next()[0]
	res := trial.Result{Trial: trial.Trial{ID: slot.ID(), Slot: slot, Outcome: trial.Completed, Origin: trial.Fresh, Start: time.Now()},
		Calls: []usage.Call{{State: usage.Ended, Coverage: usage.Unbilled}}}
	if err := c.Add(res, res); err != nil {
		t.Fatal(err)
	}
	if got := len(c.Next()); got != 31 {
		t.Errorf("%d slots left, want 31", got)
	}
	slot.Task = "nobody"
	if err := c.Add(trial.Result{Trial: trial.Trial{ID: "x", Slot: slot}}); err == nil {
		t.Error("a task that is not in the suite was added")
	}
	slot.Task, slot.Arm = "a", "third"
	if err := c.Add(trial.Result{Trial: trial.Trial{ID: "y", Slot: slot}}); err == nil {
		t.Error("a third arm was added")
	}
}
