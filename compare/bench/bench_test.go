package bench_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/bench"
	"github.com/pertask/pertask/compare/question"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/usage"
)

func armOf(model string) arm.Arm {
	return arm.Arm{}.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Model, Value: model}).
		With(arm.Setting{Slot: arm.MainSlot, Key: arm.Provider, Value: "openai"})
}

// setting is a question about two models, and a bench that is ready for it.
func setting() (question.Options, bench.Bench) {
	o := question.Options{Pair: arm.Pair{Base: armOf("gpt-5.4"), Head: armOf("gpt-5.4-mini"), Changes: []arm.Change{{
		Slot: arm.MainSlot, Key: arm.Model, Base: "gpt-5.4", Head: "gpt-5.4-mini", HasBase: true, HasHead: true}}},
		Suite:   &suite.Suite{Tasks: []suite.Task{{ID: "a", Harness: "prompt", Prompt: "x"}}},
		Pricing: price.Pricing{Book: price.Embedded(), At: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}}
	ups := []meter.Upstream{{Name: "openai", Provider: "openai", URL: "http://127.0.0.1:1/v1", Auth: meter.Bearer, KeyEnv: "OPENAI_API_KEY"}}
	b := bench.Bench{
		Source:    fstest.MapFS{"agent.yaml": {Data: []byte("model: gpt-5.4\n")}, "same.yaml": {Data: []byte("provider: openai\n")}},
		Watches:   []arm.Watch{{Path: "agent.yaml", Selectors: map[arm.Key]string{arm.Model: "$.model"}}, {Path: "same.yaml", Selectors: map[arm.Key]string{arm.Provider: "$.provider"}}, {Path: "missing.yaml", Slot: "small", Selectors: map[arm.Key]string{arm.Provider: "$.provider"}}},
		Upstreams: ups, Keys: meter.KeysFromEnv(func(string) string { return "sk-test-0123456789" }, ups), Journal: journal.NewMemory(), Concurrency: 1,
	}
	return o, b
}

func TestReady(t *testing.T) {
	if o, b := setting(); b.Ready(o) != nil {
		t.Fatalf("not ready: %v", b.Ready(o))
	}
	for name, c := range map[string]struct {
		change func(*question.Options, *bench.Bench)
		want   string
	}{
		"no upstream": {func(_ *question.Options, b *bench.Bench) { b.Upstreams = nil }, "openai"},
		"no key":      {func(_ *question.Options, b *bench.Bench) { b.Keys = meter.Keys{} }, "set `OPENAI_API_KEY`"},
		"a key for another host": {func(_ *question.Options, b *bench.Bench) {
			b.Keys = meter.Keys{}.Withheld("openai", "the key is not for the host \"x\"")
		}, "upstream \"openai\": the key is not for the host"},
		"an unsold model": {func(o *question.Options, _ *bench.Bench) {
			o.Pair.Head = arm.Arm{}.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Model, Value: "nobody-knows-this"})
		}, "nobody-knows-this"},
		"no salt": {func(o *question.Options, _ *bench.Bench) { o.Cache = question.CacheCold }, "salted"},
		"unseen versions": {func(o *question.Options, _ *bench.Bench) {
			o.Suite = &suite.Suite{Versions: map[string]string{"codex": "1.0"}, Tasks: []suite.Task{{ID: "a", Harness: "codex"}}}
		}, "none was looked for"},
	} {
		o, b := setting()
		c.change(&o, &b)
		err := b.Ready(o)
		if !errors.Is(err, question.ErrNotReady) || !strings.Contains(err.Error(), c.want) || errors.Is(err, question.ErrNoKey) != (name == "no key") {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

// An arm's trials find its own settings in the watched files, and the files in which nothing changes.
func TestTrialsHaveTheArmsFiles(t *testing.T) {
	o, b := setting()
	cfg, err := b.Trials(o, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for side, want := range map[trial.Side]string{trial.Base: "model: gpt-5.4\n", trial.Head: "model: gpt-5.4-mini\n"} {
		files := cfg.Overlay[side]
		if got := string(files["agent.yaml"]); got != want {
			t.Errorf("the %s finds %q, want %q", side, got, want)
		}
		if _, there := files["missing.yaml"]; there || string(files["same.yaml"]) != "provider: openai\n" {
			t.Errorf("the %s finds %d files", side, len(files))
		}
	}
	if cfg.EvidenceKey != o.EvidenceKey() || cfg.Sandbox != nil {
		t.Errorf("key %q, sandbox %v", cfg.EvidenceKey, cfg.Sandbox)
	}
}

func TestPricedJournal(t *testing.T) {
	o, b := setting()
	tokens := usage.None()
	tokens.Input, tokens.Output = usage.Known(1000), usage.Known(100)
	call := usage.Call{ID: "1", Trial: "head/a/0", State: usage.Ended, Provider: "openai", RequestedModel: "gpt-5.4-mini", Coverage: usage.Complete, Tokens: tokens}
	begun := usage.Call{ID: "2", Trial: "base/a/0", Provider: "openai", RequestedModel: "gpt-5.4"}
	for _, c := range []usage.Call{call, begun} {
		if err := b.Priced(o).Journal.AppendCall(c); err != nil {
			t.Fatal(err)
		}
	}
	have, err := b.Journal.Load()
	if err != nil || len(have.Stray) != 1 || len(have.Open) != 1 {
		t.Fatalf("%+v, %v", have, err)
	}
	if c := have.Stray[0]; c.DeclaredModel != "gpt-5.4-mini" || c.PriceRow == "" || c.CostStatus == "" {
		t.Errorf("a call that ended: %+v", c)
	}
	if c := have.Open[0]; c.DeclaredModel != "gpt-5.4" || c.PriceRow != "" {
		t.Errorf("one that has begun: %+v", c)
	}
}

func TestStart(t *testing.T) {
	for name, c := range map[string]struct {
		find  bench.FindSandbox
		fails bool
	}{
		"without a sandbox": {nil, false},
		"with none here":    {func(context.Context, string, string) (trial.Sandbox, error) { return nil, nil }, false},
		"with a broken one": {func(context.Context, string, string) (trial.Sandbox, error) { return nil, errors.New("odd") }, true},
	} {
		_, b := setting()
		b.FindSandbox = c.find
		proxy, box, stop, err := b.Start(t.Context(), true, meter.Config{
			Admit: func(context.Context, usage.Call) error { return nil }, Record: func(usage.Call) error { return nil }})
		if (err != nil) != c.fails || box != nil {
			t.Errorf("%s: %v, %v", name, box, err)
		}
		if err == nil {
			if proxy.Addr() == "" {
				t.Errorf("%s: the proxy has no address", name)
			}
			stop()
		}
	}
}
