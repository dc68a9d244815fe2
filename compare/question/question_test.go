package question_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/question"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

func armOf(model string) arm.Arm {
	return arm.Arm{}.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Model, Value: model})
}

// options ask whether gpt-5.4-mini completes four tasks for less than gpt-5.4.
func options() question.Options {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	su := &suite.Suite{Name: "tickets", Digest: "sha256:of-tickets"}
	for _, id := range []string{"a", "b", "c", "d"} {
		su.Tasks = append(su.Tasks, suite.Task{ID: id, Harness: "prompt", Prompt: "Which team?", Grade: suite.Grader{Kind: suite.GradeContains, Value: "bill"}})
	}
	return question.Options{Pair: arm.Pair{Base: armOf("gpt-5.4"), Head: armOf("gpt-5.4-mini")}, Suite: su, Looks: []int{4},
		Policy: verdict.DefaultPolicy(), Pricing: price.Pricing{Book: price.Embedded(), At: at}, Now: func() time.Time { return at }}
}

func TestHold(t *testing.T) {
	o := options()
	o.Suite, o.Looks = &suite.Suite{Tasks: make([]suite.Task, 20)}, []int{5}
	o.Findings = []verdict.Finding{{Code: "base-url-not-applied", Withhold: true}}
	if r := o.Hold(); r == nil || r.Reason.Code != "base-url-not-applied" || r.Result != verdict.NotMeasured {
		t.Errorf("a finding that withholds: %+v", r)
	}
	o.Findings = []verdict.Finding{{Code: "no-main-model", Path: "config.yaml", Line: 3, Withhold: true}}
	if r := o.Hold(); r == nil || r.Reason.Line != 3 || !strings.HasPrefix(r.NextSteps[0], "Name the model to measure under `models`") {
		t.Errorf("no main model: %+v", r)
	}
}

func TestNothing(t *testing.T) {
	o := options()
	if r := o.Nothing("c.yml"); r == nil || r.Result != verdict.NothingChanged {
		t.Errorf("nothing changed: %+v", r)
	}
	o.Pair.Findings = []arm.Finding{{Code: "selector-finds-nothing"}}
	if r := o.Nothing("c.yml"); r == nil || r.Result != verdict.NothingChanged {
		t.Errorf("a harmless finding: %+v", r)
	}
	o.Pair.Findings = append(o.Pair.Findings, arm.Finding{Code: "model-outside-watched-files", Source: arm.Source{Path: "a.py"}})
	if r := o.Nothing("c.yml"); r == nil || r.Result != verdict.NotMeasured || r.Reason.Path != "a.py" {
		t.Errorf("a model outside: %+v", r)
	}
	o.Pair.Changes = []arm.Change{{Key: arm.Model}}
	if r := o.Nothing("c.yml"); r != nil {
		t.Errorf("a change: %+v", r)
	}
}

func TestHoldRefusesAnotherVersion(t *testing.T) {
	for found, want := range map[string]string{
		"0.169.0": "", "0.170.0": "pins codex to version 0.169.0, and version 0.170.0 is installed", "": "is not known",
	} {
		o := options()
		o.Suite = &suite.Suite{Path: "suite.yaml", Versions: map[string]string{"codex": "0.169.0"},
			Tasks: []suite.Task{{ID: "z", Harness: "codex", Prompt: "x"}, {ID: "y", Harness: "pi", Prompt: "x"}}}
		o.Harness = map[string]string{"codex": found, "pi": "1.0"}
		r := o.Hold()
		if (r == nil) != (want == "") {
			t.Fatalf("version %q: held %v", found, r)
		}
		if r != nil && (r.Result != verdict.NotMeasured || !strings.Contains(r.Reason.Text, want) || !strings.Contains(r.NextSteps[0], "Install codex 0.169.0")) {
			t.Errorf("version %q: %+v, next %q", found, r.Reason, r.NextSteps)
		}
	}
}

// brokenStore cannot be read.
type brokenStore struct{ *ledgertest.Memory }

func (brokenStore) BaseTrials(context.Context, string) ([]ledger.BaseTrial, error) {
	return nil, errors.New("the seal does not hold")
}

// TestForecastFromTheStore holds that stored trials which may be used again are what a forecast rests on, and others are not.
func TestForecastFromTheStore(t *testing.T) {
	o := options()
	o.Looks = []int{2, 3, 5}
	without := o.Forecast()
	store := &ledgertest.Memory{}
	for _, task := range o.Suite.Tasks {
		for i := range 12 {
			tokens := usage.None()
			tokens.Input, tokens.Output = usage.Known(1000), usage.Known(int64(100+i))
			b := ledger.BaseTrial{Task: task.ID, Index: i, Completed: true, Time: o.Now().Add(-time.Hour), Calls: []usage.Call{{ID: fmt.Sprint(i), State: usage.Ended,
				Provider: "openai", RequestedModel: o.Pair.Base.Model(), Coverage: usage.Complete, Tokens: tokens}}}
			if err := store.AddBaseTrials(t.Context(), o.BaseKey(), b); err != nil {
				t.Fatal(err)
			}
		}
	}
	o.Store, o.ReuseBase = store, ledger.DefaultMaxAge
	if f := o.Forecast(); !f.Measured || f.Stored == 0 || f.Trials >= without.Trials {
		t.Errorf("%+v, want it to rest on what is stored", f)
	}
	o.ReuseBase = time.Minute
	if f := o.Forecast(); f.Measured || f.Stored != 0 || f.Trials != without.Trials {
		t.Errorf("with trials that are too old: %+v", f)
	}
	o.Store, o.ReuseBase = brokenStore{}, ledger.DefaultMaxAge
	if f := o.Forecast(); f.Measured || f.Trials != without.Trials {
		t.Errorf("with a store that cannot be read: %+v", f)
	}
}

// Stored trials and journals are found by these: a key that changes without need loses what was paid for.
func TestKeys(t *testing.T) {
	keys := func(change func(*question.Options)) [3]string {
		o := options()
		change(&o)
		return [3]string{o.EvidenceKey(), o.BaseKey(), o.TestKey()}
	}
	was := keys(func(*question.Options) {})
	for name, c := range map[string]struct {
		change func(*question.Options)
		others [3]bool // the evidence, the base's, the test
	}{
		"the head":            {func(o *question.Options) { o.Pair.Head = armOf("gpt-5.4-nano") }, [3]bool{true, false, true}},
		"the base":            {func(o *question.Options) { o.Pair.Base = armOf("gpt-5.5") }, [3]bool{true, true, true}},
		"the suite":           {func(o *question.Options) { o.Suite = &suite.Suite{Digest: "sha256:another"} }, [3]bool{true, true, true}},
		"warm caches":         {func(o *question.Options) { o.Cache = question.CacheWarm }, [3]bool{true, true, true}},
		"caches as they are":  {func(o *question.Options) { o.Cache = question.CacheAsIs }, [3]bool{}},
		"the threshold":       {func(o *question.Options) { o.Policy.MaxCostRatio = 0.5 }, [3]bool{false, false, true}},
		"the looks":           {func(o *question.Options) { o.Looks = []int{8} }, [3]bool{}},
		"a version":           {func(o *question.Options) { o.Harness = map[string]string{"codex": "1.0"} }, [3]bool{true, true, true}},
		"a limit":             {func(o *question.Options) { o.Conditions = map[string]string{"limit of memory": "1"} }, [3]bool{true, true, true}},
		"the commits, a note": {func(o *question.Options) { o.Commits.Head, o.Notes = "abc", []string{"x"} }, [3]bool{}},
	} {
		var got [3]bool
		for i, key := range keys(c.change) {
			got[i] = key != was[i]
		}
		if got != c.others {
			t.Errorf("%s: other keys %v, want %v", name, got, c.others)
		}
	}
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*question.Options)
		want   string // of the error; "" for none
	}{
		"as usual":          {func(*question.Options) {}, ""},
		"a cap":             {func(o *question.Options) { o.Suite.Tasks[1].MaxCost = "0.5" }, ""},
		"a cap of words":    {func(o *question.Options) { o.Suite.Tasks[1].MaxCost = "much" }, `the cost cap of the task "b"`},
		"an unknown regime": {func(o *question.Options) { o.Cache = "lukewarm" }, "allowed are as-is, cold and warm"},
	} {
		o := options()
		c.change(&o)
		if err := o.Check(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

func TestRegime(t *testing.T) {
	o := options()
	if o.Regime() != "" || o.RegimeNote() != "" {
		t.Errorf("without one: %q, %q", o.Regime(), o.RegimeNote())
	}
	for _, regime := range []string{question.CacheAsIs, question.CacheCold, question.CacheWarm} {
		o.Cache, o.Replay = regime, false
		if o.Regime() != regime || !strings.HasPrefix(o.RegimeNote(), "Prompt cache "+regime) {
			t.Errorf("%s: %q, %q", regime, o.Regime(), o.RegimeNote())
		}
		if o.Replay = true; o.Regime() != "" || o.RegimeNote() != "" {
			t.Errorf("%s, replayed: %q, %q", regime, o.Regime(), o.RegimeNote())
		}
	}
}

// What a frame says of the policy is what it was decided by.
func TestPolicyOfAFrame(t *testing.T) {
	o := options()
	o.Policy.Mode, o.Policy.MaxCostRatio, o.Policy.MaxCompletionDrop, o.Policy.ExtensionReserve = verdict.Block, 0.75, 0.125, 0.25
	if diff := cmp.Diff(o.Policy, question.PolicyOf(o.Frame(verdict.Measured))); diff != "" {
		t.Errorf("-options +frame:\n%s", diff)
	}
}

func TestFrame(t *testing.T) {
	r := options().Frame(verdict.Measured)
	if r.Suite != "tickets" || r.SuiteDigest != "sha256:of-tickets" || !r.Time.Equal(options().Now()) || r.Versions.Method != question.Method {
		t.Errorf("%q %q at %v by method %d", r.Suite, r.SuiteDigest, r.Time, r.Versions.Method)
	}
	if l := r.Head.ListPrice; l == nil || l.Provider != "openai" || l.Model != "gpt-5.4-mini" {
		t.Errorf("the head's list price is %+v", l)
	}
	if r.Changes == nil || r.NotApplied == nil || r.Tasks == nil || r.Findings == nil || r.Notes == nil || r.NextSteps == nil || r.LeftOut == nil {
		t.Error("a list of the report is null")
	}
	if r.Base.Cost.Amount.IsKnown() {
		t.Errorf("what was not measured has the cost %+v", r.Base.Cost)
	}
	o := options()
	factor, err := price.ParseFactor("0.8")
	if err != nil {
		t.Fatal(err)
	}
	o.Pricing.Discounts = []price.Discount{{Provider: "openai", Model: "gpt-5.4", Multiplier: factor, Note: "contract 7"}}
	want := []report.Contract{{Provider: "openai", Model: "gpt-5.4", Multiplier: "0.8", Note: "contract 7"}}
	if r := o.Frame(verdict.Measured); cmp.Diff(want, r.PriceBook.Contracts) != "" || cmp.Diff([]string{"openai gpt-5.4 x 0.8 (contract 7)"}, r.PriceBook.Discounts) != "" {
		t.Errorf("contracts %+v, %q", r.PriceBook.Contracts, r.PriceBook.Discounts)
	}
	if r := (question.Options{}).Frame(verdict.NotMeasured); r.Suite != "" || r.Base.ListPrice != nil || r.Time.IsZero() {
		t.Errorf("without anything: %+v", r)
	}
}

func TestReportsOfWhatIsNotMeasured(t *testing.T) {
	o := options()
	for name, c := range map[string]struct {
		r      *report.Report
		result verdict.Result
		code   string
		next   string // in the first step; "" for no step
	}{
		"no suite":       {o.NoSuite("c.yml"), verdict.NotMeasured, "no-suite", "`c.yml`"},
		"no key":         {o.NotReady(fmt.Errorf("%w: %w for openai", question.ErrNotReady, question.ErrNoKey)), verdict.NotMeasured, "not-ready", "provider's key"},
		"no program":     {o.NotReady(fmt.Errorf("%w: codex is missing", question.ErrNotReady)), verdict.NotMeasured, "not-ready", ""},
		"nothing":        {o.NothingChanged(), verdict.NothingChanged, "nothing-changed", ""},
		"a bad setting":  {o.BadInput(&arm.Error{Source: arm.Source{Path: "a.yaml", Line: 3}, What: "odd"}), verdict.BadInput, "bad-input", ""},
		"something else": {o.BadInput(errors.New("odd")), verdict.BadInput, "bad-input", ""},
	} {
		row := o.Policy.Outcome(c.result, verdict.Inconclusive)
		if c.r.Result != c.result || c.r.Reason.Code != c.code || c.r.Decision.Exit != row.Exit || c.r.Decision.Blocks != row.Blocks {
			t.Errorf("%s: %s because of %+v, exit %d", name, c.r.Result, c.r.Reason, c.r.Decision.Exit)
		}
		if got := strings.Join(c.r.NextSteps, " "); (got == "") != (c.next == "") || !strings.Contains(got, c.next) {
			t.Errorf("%s: next %q, want %q", name, got, c.next)
		}
	}
	if r := o.NotReady(fmt.Errorf("%w: codex is missing", question.ErrNotReady)); r.Reason.Text != "The change was not measured: codex is missing." || r.Forecast == nil {
		t.Errorf("%q, forecast %v", r.Reason.Text, r.Forecast)
	}
	if r := o.BadInput(&arm.Error{Source: arm.Source{Path: "a.yaml", Line: 3}, What: "odd"}); r.Reason.Path != "a.yaml" || r.Reason.Line != 3 {
		t.Errorf("at %s:%d", r.Reason.Path, r.Reason.Line)
	}
}
