package ground_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review/ground"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/verdict"
)

func options() ground.Options {
	return ground.Options{Book: price.Embedded(), ConfigPath: config.Path, Now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }}
}

func TestConfigure(t *testing.T) {
	for _, tt := range []struct {
		name, path, text string
		there            bool
		sandbox          string
		mistake, mode    string
	}{
		{"none", config.Path, "", false, "", "", "report"},
		{"one", config.Path, "version: 1\nverdict: {mode: block}\n", true, "", "", "block"},
		{"a mistake", config.Path, "version: 1\nverdict: {mode: blocks}\n", true, "", config.Path + ":2", "report"},
		{"none under a name of its own", "ci/pertask.yml", "", false, "", "ci/pertask.yml: no such file", "report"},
		{"a sandbox from outside", config.Path, "version: 1\nrun: {sandbox: none}\n", true, "required", "", "report"},
		{"prices of a model without a provider", config.Path, "version: 1\nprices: {discounts: [{provider: nobody, multiplier: 0.5}]}\n", true, "", config.Path, "report"},
	} {
		o := options()
		o.ConfigPath, o.Sandbox = tt.path, tt.sandbox
		g := ground.Ground{Options: o}
		err := g.Configure([]byte(tt.text), tt.there)
		if (err == nil) != (tt.mistake == "") || err != nil && !strings.Contains(err.Error(), tt.mistake) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.mistake)
		}
		if g.Config == nil || string(g.Config.Verdict.Mode) != tt.mode {
			t.Errorf("%s: the mode is %v", tt.name, g.Config.Verdict.Mode)
		}
		if tt.sandbox != "" && g.Config.Run.Sandbox != tt.sandbox {
			t.Errorf("%s: the sandbox is %q", tt.name, g.Config.Run.Sandbox)
		}
	}
}

func TestRemaining(t *testing.T) {
	usd := func(s string) price.Amount { return price.Known(price.MustMoney(s)) }
	for _, tt := range []struct {
		name                string
		budget, spent, want price.Amount
	}{
		{"some", usd("5"), usd("2"), usd("3")},
		{"all", usd("5"), usd("5"), usd("0")},
		{"more than all", usd("5"), usd("7"), usd("0")},
		{"it is not known what was spent", usd("5"), price.Amount{}, usd("0")},
		{"no limit", price.Amount{}, usd("5"), price.Amount{}},
	} {
		if got := ground.Remaining(tt.budget, tt.spent); !got.Equal(tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestAsked: an earlier verdict answers the same prices only, contracts included; an acceptance goes by the book.
func TestAsked(t *testing.T) {
	model := func(name string) arm.Arm {
		return arm.Arm{}.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Model, Value: name})
	}
	o := compare.Options{Pair: arm.Pair{Base: model("a"), Head: model("b")}, Suite: &suite.Suite{Name: "s", Digest: "sha256:1"},
		Policy: verdict.DefaultPolicy(), Pricing: price.Pricing{Book: price.Embedded()}}
	a := ground.Asked(o)
	if a.Suite != "s" || a.Digest != "sha256:1" || a.Question == "" || a.Book == "" || len(a.Prices) != 64 {
		t.Fatalf("%+v", a)
	}
	o.Pricing.Discounts = []price.Discount{{Provider: "openai"}}
	if b := ground.Asked(o); b.Prices == a.Prices || b.Book != a.Book || b.Question != a.Question {
		t.Errorf("with a contract: %+v, without: %+v", b, a)
	}
	o.Pricing = price.Pricing{}
	if b := ground.Asked(o); b.Prices != "" || b.Book != "" {
		t.Errorf("without a book: %+v", b)
	}
}
