package compare_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

// overloaded puts a provider before the lab's that refuses requests as long as the function says so, by how many came.
func (l *lab) overloaded(t *testing.T, refuses func(n int) bool) {
	t.Helper()
	var mu sync.Mutex
	n := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n++
		no := refuses(n)
		mu.Unlock()
		if no {
			http.Error(w, `{"error":{"message":"overloaded"}}`, http.StatusServiceUnavailable)
			return
		}
		l.provider.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	l.bench.Upstreams = []meter.Upstream{{Name: "openai", Provider: "openai", URL: srv.URL + "/v1", Auth: meter.Bearer, KeyEnv: "OPENAI_API_KEY"}}
}

func (l *lab) measure(t *testing.T) *report.Report {
	t.Helper()
	r, err := compare.Run(context.Background(), l.opts, l.bench)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func noteWith(r *report.Report, text string) string {
	for _, n := range r.Notes {
		if strings.Contains(n, text) {
			return n
		}
	}
	return ""
}

func codes(r *report.Report) string {
	out := []string{r.Reason.Code}
	for _, f := range r.Findings {
		out = append(out, f.Code)
	}
	return strings.Join(out, " ")
}

// A provider that is overloaded for a while costs attempts, and no evidence.
func TestRunRepeatsVoidTrials(t *testing.T) {
	l := newLab(t, promptSuite)
	l.bench.Concurrency = 1
	l.overloaded(t, func(n int) bool { return n > 3 && n <= 8 })
	var last compare.Progress
	l.bench.Progress = func(p compare.Progress) { last = p }
	r := l.measure(t)
	if r.Verdict != verdict.Switch || r.Base.Trials+r.Head.Trials != 32 || r.Base.Voids+r.Head.Voids != 0 {
		t.Errorf("verdict %v (%s) after %d trials, %d void; want switch after 32, none void", r.Verdict, r.Reason.Code, r.Base.Trials+r.Head.Trials, r.Base.Voids+r.Head.Voids)
	}
	if last.Done != 33 || last.Total != 33 || l.provider.calls.Load() != 32 {
		t.Errorf("progress %+v with %d served calls; want 33 attempts and 32 calls that were served", last, l.provider.calls.Load())
	}
	if n := noteWith(r, "carried out again"); !strings.Contains(n, "once: 1 for provider-broke") {
		t.Errorf("note %q", n)
	}
	again := l.measure(t)
	if again.Base.Trials+again.Head.Trials != 32 || l.provider.calls.Load() != 32 || again.SpentUSD.String() != r.SpentUSD.String() {
		t.Errorf("a resumed check: %d trials, %v spent; want 32 and %v", again.Base.Trials+again.Head.Trials, again.SpentUSD, r.SpentUSD)
	}
}

// What attempts cost that came to nothing is spent, and is not the arm's.
func TestRunPaysForVoidTrials(t *testing.T) {
	need.Program(t, "curl")
	flag := t.TempDir() + "/graded"
	l := newLab(t, `
name: n
harness: command
command: >-
  curl -sS -H "Authorization: Bearer $PERTASK_TOKEN" -d "{\"model\":\"$PERTASK_MODEL\",\"messages\":[]}" "$PERTASK_BASE_URL/chat/completions"
tasks:
  - {id: a, grade: "echo >> `+flag+`; [ $(wc -l < `+flag+`) -gt 2 ] || exit 127"}
  - {id: b, grade: "true"}
`)
	l.bench.Concurrency = 1
	r := l.measure(t)
	if r.Base.Trials+r.Head.Trials != 16 || r.Base.Voids+r.Head.Voids != 0 || l.provider.calls.Load() != 17 {
		t.Fatalf("%d trials and %d voids after %d calls; want 16, 0 and 17", r.Base.Trials+r.Head.Trials, r.Base.Voids+r.Head.Voids, l.provider.calls.Load())
	}
	arms, _ := r.Base.Cost.Plus(r.Head.Cost).Amount.Value()
	spent, known := r.SpentUSD.Value()
	if !known || spent.Cmp(arms) <= 0 {
		t.Errorf("spent %v, the arms cost %v: the void trial's call was not counted apart", spent, arms)
	}
	if again := l.measure(t); again.SpentUSD.String() != r.SpentUSD.String() || again.Base.Cost.Amount.String() != r.Base.Cost.Amount.String() {
		t.Errorf("a resumed check spent %v, want %v", again.SpentUSD, r.SpentUSD)
	}
}

// With more than a tenth void after every attempt, the verdict names the causes.
func TestRunIsInconclusiveWithManyVoids(t *testing.T) {
	need.Program(t, "sh")
	l := newLab(t, promptSuite+"  - {id: e, prompt: x, grade: {command: pertask-no-such-grader}}\n")
	r := l.measure(t)
	if r.Verdict != verdict.Inconclusive || r.Reason.Code != "too-many-voids" || !strings.Contains(r.Reason.Text, "8 of 40 trials are void (8 grader-broke)") {
		t.Errorf("verdict %v because of %+v", r.Verdict, r.Reason)
	}
	if l.provider.calls.Load() != 40 {
		t.Errorf("%d calls, want 40: a grader that always breaks was paid for again", l.provider.calls.Load())
	}
}

// A provider that is gone for good in the middle ends the check, which can go on later.
func TestRunStopsWhenTheProviderIsGone(t *testing.T) {
	l := newLab(t, promptSuite)
	l.bench.Concurrency = 1
	l.measure(t)
	l.opts.Looks, l.bench.Journal = []int{10}, l.journal
	attempts := 0 // three to a trial: the harness asks again by itself
	l.overloaded(t, func(int) bool { attempts++; return true })
	r := l.measure(t)
	if r.Verdict != verdict.Inconclusive || !strings.Contains(codes(r), "provider-broke") || attempts > 21 { // six trials, and one that had begun already
		t.Errorf("verdict %v because of %s after %d attempts", r.Verdict, codes(r), attempts)
	}
	evidence, err := l.journal.Load()
	if err != nil {
		t.Fatal(err)
	}
	priced, err := compare.Reprice(r, evidence, l.opts)
	if err != nil || priced.Verdict != verdict.Inconclusive || codes(priced) != codes(r) {
		t.Errorf("priced again: %v, %v because of %s; was %s", err, priced.Verdict, codes(priced), codes(r))
	}
}

const cappedSuite = `
name: n
harness: command
command: >-
  for i in 1 2 3; do curl -sS -H "Authorization: Bearer $PERTASK_TOKEN" -d "{\"model\":\"$PERTASK_MODEL\",\"messages\":[]}" "$PERTASK_BASE_URL/chat/completions"; done
max_cost: %
tasks: [{id: a, grade: {contains: billing}}, {id: b, grade: {contains: billing}, max_cost: 5}]
`

// A trial that passes its cost cap has failed, and what it cost counts. A call of the base costs about 0.0175 USD, one of
// the head about 0.003.
func TestRunKeepsTheCostCap(t *testing.T) {
	need.Program(t, "curl")
	for cap, want := range map[string]struct{ base, head, calls int64 }{
		"0.02":  {4, 8, 4*2 + 4*3 + 8*3}, // the base is refused its third call
		"0.04":  {4, 8, 4*3 + 4*3 + 8*3}, // it passes the cap with its last call
		"0.001": {4, 4, 4*1 + 4*3 + 4*1 + 4*3},
		"1":     {8, 8, 48},
	} {
		t.Run(cap, func(t *testing.T) {
			l := newLab(t, strings.Replace(cappedSuite, "%", cap, 1))
			r := l.measure(t)
			if r.Base.Completed != int(want.base) || r.Head.Completed != int(want.head) || l.provider.calls.Load() != want.calls {
				t.Errorf("completed %d and %d after %d calls; want %+v", r.Base.Completed, r.Head.Completed, l.provider.calls.Load(), want)
			}
			if r.Base.Trials != 8 || r.Head.Trials != 8 || r.SpentUSD.String() != r.Base.Cost.Plus(r.Head.Cost).Amount.String() {
				t.Errorf("%d and %d trials, %v spent: what a capped trial cost is the arm's", r.Base.Trials, r.Head.Trials, r.SpentUSD)
			}
			if got := r.Tasks[0].Base.Causes[trial.CauseCost]; got != 8-int(want.base) {
				t.Errorf("%d trials of the base failed by their cost, want %d", got, 8-want.base)
			}
		})
	}
}

// A cap that cannot be kept, since nobody knows what a call cost, stops the trial and withholds the verdict.
func TestRunCannotKeepACapWithoutUsage(t *testing.T) {
	need.Program(t, "curl")
	l := newLab(t, strings.Replace(cappedSuite, "%", "1", 1))
	l.provider.usage = func(string) string { return "null" }
	r := l.measure(t)
	if r.Verdict != verdict.Inconclusive || r.Reason.Code != "unknown-cost" || l.provider.calls.Load() != 16 {
		t.Errorf("verdict %v because of %+v after %d calls; want one call in each trial", r.Verdict, r.Reason, l.provider.calls.Load())
	}
	if got := r.Tasks[0].Head.Causes[trial.CauseBudget]; got != 4 {
		t.Errorf("%d trials are void for the budget, want 4", got)
	}
}

func TestRunWarmsTheCache(t *testing.T) {
	l := newLab(t, promptSuite)
	asIs := l.opts
	l.opts.Cache = compare.CacheWarm
	r := l.measure(t)
	if l.provider.calls.Load() != 40 || r.Base.Trials != 16 || r.Base.Voids+r.Head.Voids != 0 {
		t.Errorf("%d calls, %d trials, %d voids; want 40, 16 and none", l.provider.calls.Load(), r.Base.Trials, r.Base.Voids+r.Head.Voids)
	}
	arms, _ := r.Base.Cost.Plus(r.Head.Cost).Amount.Value()
	if spent, known := r.SpentUSD.Value(); !known || spent.Cmp(arms) <= 0 {
		t.Errorf("spent %v, the arms cost %v: warm-ups are not free", spent, arms)
	}
	if r.Cache != "warm" || noteWith(r, "Prompt cache warm") == "" {
		t.Errorf("the report names the regime %q in %q", r.Cache, r.Notes)
	}
	again := l.measure(t)
	if l.provider.calls.Load() != 40 || again.SpentUSD.String() != r.SpentUSD.String() || again.Base.Trials != 16 {
		t.Errorf("resumed: %d calls, %v spent, %d trials", l.provider.calls.Load(), again.SpentUSD, again.Base.Trials)
	}
	evidence, err := l.journal.Load()
	if err != nil {
		t.Fatal(err)
	}
	warm := 0
	for _, res := range evidence.Results {
		if res.Trial.Cause == trial.CauseWarmup && res.Trial.Warmup() && res.Trial.Outcome == trial.Void {
			warm++
		}
	}
	if warm != 8 {
		t.Errorf("the journal has %d warm-ups, want 8", warm)
	}
	if _, err := compare.Reprice(r, evidence, asIs); err != nil {
		t.Errorf("pricing again: %v", err)
	}
	read, err := compare.AnalyzeJournal(evidence, asIs)
	if err != nil || read.Base.Trials != 16 || read.Base.Voids != 0 || noteWith(read, r.SpentUSD.String()) == "" {
		t.Errorf("read back: %v, %+v", err, read)
	}
}

func TestCacheRegimes(t *testing.T) {
	l := newLab(t, promptSuite)
	keys := map[string]bool{}
	for _, regime := range []string{"", compare.CacheAsIs, compare.CacheCold, compare.CacheWarm} {
		l.opts.Cache = regime
		keys[l.opts.EvidenceKey()] = true
	}
	if len(keys) != 3 {
		t.Errorf("%d evidence keys, want 3: as-is is what it always was", len(keys))
	}
	l.opts.Cache = compare.CacheCold
	if _, err := compare.Run(context.Background(), l.opts, l.bench); err == nil || !strings.Contains(err.Error(), "salted") || l.provider.calls.Load() != 0 {
		t.Errorf("cold without salt: %v", err)
	}
	l.bench.Salted = trial.Metered
	if r := l.measure(t); r.Cache != "cold" || noteWith(r, "Prompt cache cold") == "" {
		t.Errorf("cold: %q, %q", r.Cache, r.Notes)
	}
	l.opts.Cache = "lukewarm"
	if _, err := compare.New(l.opts); err == nil || !strings.Contains(err.Error(), "as-is, cold and warm") {
		t.Errorf("an unknown regime: %v", err)
	}
	warm, asIs := l.opts, l.opts
	warm.Cache, asIs.Cache = compare.CacheWarm, ""
	if got, want := warm.Forecast().Trials, asIs.Forecast().Trials+8; got != want {
		t.Errorf("the forecast of warm is %d trials, want %d", got, want)
	}
}

type room struct{}

func (room) Name() string { return "a room" }

func (room) Inside(p process.Program, _ trial.Room) (process.Program, error) { return p, nil }

func TestReportNamesTheSandbox(t *testing.T) {
	need.Program(t, "curl")
	l := newLab(t, strings.Replace(cappedSuite, "%", "1", 1))
	if r := l.measure(t); r.Sandbox != "" || noteWith(r, "Not sandboxed") == "" {
		t.Errorf("without: %q, %q", r.Sandbox, r.Notes)
	}
	l = newLab(t, strings.Replace(cappedSuite, "%", "1", 1))
	l.bench.FindSandbox = func(_ context.Context, proxy, socket string) (trial.Sandbox, error) {
		if conn, err := net.Dial("unix", socket); err != nil || proxy == "" {
			t.Errorf("the proxy %q does not listen on its socket: %v", proxy, err)
		} else {
			conn.Close()
		}
		return room{}, nil
	}
	if r := l.measure(t); r.Sandbox != "a room" || noteWith(r, "Not sandboxed") != "" {
		t.Errorf("with: %q, %q", r.Sandbox, r.Notes)
	}
	if r := newLab(t, promptSuite).measure(t); noteWith(r, "Not sandboxed") != "" {
		t.Error("a suite of prompts has no agent to keep in")
	}
}

func pinned(l *lab) {
	su := *l.opts.Suite
	su.Path, su.Versions = "suite.yaml", map[string]string{"codex": "0.169.0"}
	su.Tasks = append([]suite.Task{{ID: "z", Harness: "codex", Prompt: "x"}, {ID: "y", Harness: "pi", Prompt: "x"}}, su.Tasks...)
	l.opts.Suite = &su
}

// evidenceOf is trials of both arms at 0.0175 USD each, after what a case makes of them.
func evidenceOf(say func(*trial.Trial, *usage.Call)) (out []trial.Result) {
	e := told(func(*trial.Trial, *usage.Call) {})
	for _, r := range e.Results {
		say(&r.Trial, &r.Calls[0])
		out = append(out, r)
	}
	return out
}

// An arm that did not run what it declares says nothing about it.
func TestWithheldWhenTheArmDidNotRunWhatItDeclares(t *testing.T) {
	set := func(k arm.Key, v string) arm.Setting { return arm.Setting{Slot: arm.MainSlot, Key: k, Value: v} }
	head := func(then func(*trial.Trial, *usage.Call)) func(*trial.Trial, *usage.Call) {
		return func(r *trial.Trial, c *usage.Call) {
			if r.Arm == trial.Head {
				then(r, c)
			}
		}
	}
	for _, tt := range []struct {
		name string
		arm  arm.Arm // of the head
		say  func(*trial.Trial, *usage.Call)
		code string // "" when nothing withholds
	}{
		{"as declared", modelArmOf("gpt-5.4"), func(*trial.Trial, *usage.Call) {}, ""},
		{"another model silently", modelArmOf("gpt-5.4"), head(func(_ *trial.Trial, c *usage.Call) { c.RequestedModel = "gpt-5.4-mini" }), "model-not-requested"},
		{"the same model by its dated name", modelArmOf("gpt-5.4-mini"), head(func(_ *trial.Trial, c *usage.Call) { c.RequestedModel = "gpt-5.4-mini-2026-03-17" }), ""},
		{"another model served", modelArmOf("gpt-5.4"), head(func(_ *trial.Trial, c *usage.Call) { c.ServedModel = "gpt-5.4-mini" }), "another-model-served"},
		{"a tier that is not asked for", modelArmOf("gpt-5.4").With(set(arm.ServiceTier, "flex")), func(*trial.Trial, *usage.Call) {}, "tier-not-requested"},
		{"a tier that is asked for", modelArmOf("gpt-5.4").With(set(arm.ServiceTier, "flex")), head(func(_ *trial.Trial, c *usage.Call) { c.RequestedTier = "flex" }), ""},
		{"the standard tier", modelArmOf("gpt-5.4").With(set(arm.ServiceTier, "default")), func(*trial.Trial, *usage.Call) {}, ""},
		{"another version of the harness", modelArmOf("gpt-5.4"), func(r *trial.Trial, _ *usage.Call) {
			r.Harness, r.Version = "codex", map[trial.Side]string{trial.Base: "1.0", trial.Head: "1.1"}[r.Arm]
		}, "versions-differ"},
		{"the same version", modelArmOf("gpt-5.4"), func(r *trial.Trial, _ *usage.Call) { r.Harness, r.Version = "codex", "1.0" }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, promptSuite)
			l.opts.Pair = arm.Pair{Base: modelArmOf("gpt-5.4"), Head: tt.arm}
			l.opts.Suite = &suite.Suite{Tasks: []suite.Task{{ID: "a"}}}
			c, err := compare.New(l.opts)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Add(evidenceOf(tt.say)...); err != nil {
				t.Fatal(err)
			}
			r, err := c.Report()
			if err != nil {
				t.Fatal(err)
			}
			var withheld []string
			for _, f := range append([]verdict.Finding{r.Reason}, r.Findings...) {
				if f.Withhold && f.Code != "too-few-trials" {
					withheld = append(withheld, f.Code)
				}
			}
			if got := strings.Join(withheld, " "); got != tt.code {
				t.Errorf("withheld by %q, want %q; %+v", got, tt.code, r.Reason)
			}
			if len(r.Head.RequestedModels) != 1 || len(r.Base.RequestedModels) != 1 {
				t.Errorf("requested %q and %q", r.Base.RequestedModels, r.Head.RequestedModels)
			}
		})
	}
}

// A harness that cannot be given a setting is found before anything is spent.
func TestReadyAsksTheHarness(t *testing.T) {
	l := newLab(t, "name: n\nharness: command\ntasks: [{id: a, command: 'true', grade: 'true'}]\n")
	h := trial.Harness{Name: "command", Start: func(j trial.Job) (trial.Process, error) {
		if j.Arm.Model() == "gpt-5.4-mini" {
			return trial.Process{}, context.DeadlineExceeded
		}
		return trial.Process{Argv: []string{"true"}}, nil
	}}
	l.bench.Harnesses = map[string]trial.Harness{"command": h}
	if err := l.bench.Ready(l.opts); err == nil || !strings.Contains(err.Error(), "not ready") {
		t.Errorf("ready: %v", err)
	}
	l.opts.Pair.Head = modelArmOf("gpt-5.5")
	if err := l.bench.Ready(l.opts); err != nil {
		t.Errorf("ready: %v", err)
	}
}

func TestUnpinnedAgentsAreNamed(t *testing.T) {
	l := newLab(t, promptSuite)
	pinned(l)
	l.opts.Harness = map[string]string{"codex": "0.169.0", "pi": "1.0"}
	c, err := compare.New(l.opts)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Report()
	if err != nil || !strings.Contains(noteWith(r, "is not pinned"), "pi is not pinned: these trials ran version 1.0") || r.Versions.Harnesses["codex"] != "0.169.0" {
		t.Errorf("%v: %q, %v", err, r.Notes, r.Versions.Harnesses)
	}
}

func TestNewRefusesACostCapThatIsNoNumber(t *testing.T) {
	l := newLab(t, promptSuite)
	su := *l.opts.Suite
	su.Tasks = []suite.Task{{ID: "a", MaxCost: "much"}}
	l.opts.Suite = &su
	if _, err := compare.New(l.opts); err == nil || !strings.Contains(err.Error(), `cost cap of the task "a"`) {
		t.Errorf("error %v", err)
	}
}
