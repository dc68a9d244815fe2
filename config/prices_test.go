package config_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// TestRowsPrice says that what a row of the file says is what calls cost: to the last digit, from its first instant
// to its last, and for its tier and names only.
func TestRowsPrice(t *testing.T) {
	data, err := os.ReadFile("testdata/ok/prices.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := load(data)
	if err != nil {
		t.Fatal(err)
	}
	book, err := price.Embedded().With(c.Prices.Overrides)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name, at, provider, model, tier string
		input, cached, output           int64
		want                            string
	}{
		{"before it", "2026-11-30T23:59:59Z", "openai", "gpt-5.5", "", 1_000_000, 0, 0, "10"}, // the book's, long context
		{"its first instant", "2026-12-01T00:00:00Z", "openai", "gpt-5.5", "", 1_000_000, 100, 1, "4.500072"},
		{"its last second", "2027-01-01T15:59:59Z", "openai", "gpt-5.5", "", 1_000_000, 0, 0, "4.5"},
		{"the next one", "2027-01-01T16:00:00Z", "openai", "gpt-5.5", "", 1_000_000, 1_000_000, 0, "8"},
		{"its tier in another region", "2026-12-02T00:00:00Z", "openai", "gpt-5.5", "flex", 100_000, 0, 0, "0.25"},
		{"a new model", "2026-12-02T00:00:00Z", "anthropic", "claude-next", "", 1000, 198_999, 10, "0.00315"},
		{"by another name, at the threshold", "2026-12-02T00:00:00Z", "anthropic", "claude.next", "", 1000, 199_000, 10, "0.125625"},
		{"with a tiny price and a huge one", "2026-12-02T00:00:00Z", "x-ai", "grok-next", "", 1, 0, 1, "0.100000000001"},
		{"of an upstream that the book does not know", "2026-12-02T00:00:00Z", "farm", "llama", "", 3, 0, 4, "0.0000007"},
	} {
		t.Run(x.name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, x.at)
			if err != nil {
				t.Fatal(err)
			}
			tokens := usage.None()
			tokens.Input, tokens.CacheRead, tokens.Output = usage.Known(x.input), usage.Known(x.cached), usage.Known(x.output)
			got := price.Pricing{Book: book, At: at}.Call(usage.Call{Provider: x.provider, ServedModel: x.model, ServedTier: x.tier,
				State: usage.Ended, Coverage: usage.Complete, Tokens: tokens})
			if got.Cost.Amount.String() != x.want {
				t.Errorf("it costs %s (%s %s), want %s", got.Cost.Amount, got.Row, got.Missing, x.want)
			}
		})
	}
}

// TestDiscountsNameModelsAsRowsDo says that a discount may use the name that a row gives to a model of the book, in
// either order, and that there is none for a price that only a row has.
func TestDiscountsNameModelsAsRowsDo(t *testing.T) {
	const row = "rows: [{provider: openai, model: gpt-5.5, aliases: [work], tier: flex, rates: {input: 1, output: 2}}]"
	const discount = "discounts: [{provider: openai, model: work, multiplier: 0.5}]"
	for _, prices := range []string{row + ", " + discount, discount + ", " + row} {
		c, err := load([]byte("version: 1\nprices: {" + prices + "}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Prices.Overrides) != 1 || len(c.Prices.Discounts) != 1 {
			t.Errorf("got %+v", c.Prices)
		}
	}
	if _, err := load([]byte("version: 1\nprices: {" + discount + "}\n")); err == nil {
		t.Errorf("a discount for a model without a price is accepted by %s", config.Path)
	}
}

// TestTraitsPrice says that what a row says of surcharges is what calls to its model pay.
func TestTraitsPrice(t *testing.T) {
	for traits, want := range map[string]string{"": "unknown", ", geo: true": "1.1", ", geo: false": "1", ", residency: true": "unknown"} {
		c, err := load([]byte("version: 1\nprices: {rows: [{provider: anthropic, model: claude-next, rates: {input: 1, output: 2}" + traits + "}]}\n"))
		if err != nil {
			t.Fatal(err)
		}
		p, err := c.Prices.Pricing(price.Embedded(), time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		tokens := usage.None()
		tokens.Input = usage.Known(1_000_000)
		got := p.Call(usage.Call{Provider: "anthropic", ServedModel: "claude-next", Coverage: usage.Complete, Tokens: tokens,
			Attributes: map[string]string{"inference_geo": "us"}})
		if got.Cost.Amount.String() != want {
			t.Errorf("%q: it costs %s (%s), want %s", traits, got.Cost.Amount, got.Missing, want)
		}
	}
}

func TestCheckDiscounts(t *testing.T) {
	book, err := price.Embedded().With([]price.Override{{Provider: "openai", Model: "gpt-next", Rates: map[usage.Class]price.Money{
		usage.Input: price.MustMoney("1"), usage.Output: price.MustMoney("2")}}})
	if err != nil {
		t.Fatal(err)
	}
	d := func(provider, model, by string) price.Discount {
		f, err := price.ParseFactor(by)
		if err != nil {
			t.Fatal(err)
		}
		return price.Discount{Provider: provider, Model: model, Multiplier: f}
	}
	for _, c := range []struct {
		name string
		ds   []price.Discount
		want string
	}{
		{"none", nil, ""},
		{"a provider and a model of it", []price.Discount{d("openai", "", "0.5"), d("openai", "gpt-5.5", "10"), d("anthropic", "", "0.000001")}, ""},
		{"another name of a provider", []price.Discount{d("xai", "", "0.5")}, ""},
		{"no provider", []price.Discount{d("", "", "0.5")}, `discount 1: the price book has no provider ""; allowed: anthropic,`},
		{"unknown provider", []price.Discount{d("openai", "", "0.5"), d("nobody", "", "0.5")}, `discount 2: the price book has no provider "nobody"`},
		{"unknown model", []price.Discount{d("openai", "gpt-4711", "0.5")}, `discount 1: the price book has no model "gpt-4711" of openai; `},
		{"model of another provider", []price.Discount{d("openai", "claude-opus-4-8", "0.5")}, `no model "claude-opus-4-8" of openai`},
		{"a model of a row", []price.Discount{d("openai", "gpt-next", "0.5")}, `no price of "gpt-next" of its own; leave the discount out`},
		{"nothing", []price.Discount{d("openai", "", "0")}, "discount 1: multiplier 0 is out of range; a number above 0 and up to 10"},
		{"too much", []price.Discount{d("openai", "", "10.0001")}, "discount 1: multiplier 10.0001 is out of range"},
		{"twice", []price.Discount{d("openai", "", "0.5"), d("openai", "", "0.5")}, `discount 2: a second discount for "openai"; one for each`},
		{"twice by another name", []price.Discount{d("x-ai", "", "0.5"), d("xai", "", "0.6")}, `discount 2: a second discount for "xai"`},
		{"twice by a snapshot", []price.Discount{d("openai", "gpt-5.5", "0.5"), d("openai", "gpt-5.5-2026-04-23", "0.5")}, `a second discount for "openai gpt-5.5-2026-04-23"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := config.CheckDiscounts(book, c.ds)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	if err := config.CheckDiscounts(nil, []price.Discount{d("openai", "", "0.5")}); err == nil {
		t.Error("a discount is accepted without a book")
	}
}

// TestAdviceCanBeFollowed says that the row which an unknown price asks for, with its prices filled in, is one that the
// configuration takes, and that the call then has an exact cost.
func TestAdviceCanBeFollowed(t *testing.T) {
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, provider, model, tier string
		attributes                  map[string]string
		write                       usage.Class
	}{
		{"a provider with times to live", "anthropic", "claude-haiku-9", "", nil, usage.CacheCreation1h},
		{"a provider with one time to live", "openai", "gpt-9", "", nil, usage.CacheCreation},
		{"a provider without", "x-ai", "grok-9", "", nil, usage.CacheRead},
		{"a tier", "openai", "gpt-5.5", "turbo", nil, usage.CacheRead},
		{"a region", "openai", "gpt-5.5", "", map[string]string{"region": "eu-west-1"}, usage.CacheRead},
		{"a number for a name", "google", "1e5", "", nil, usage.CacheRead},
	} {
		t.Run(c.name, func(t *testing.T) {
			call := usage.Call{Provider: c.provider, ServedModel: c.model, ServedTier: c.tier, Attributes: c.attributes, Coverage: usage.Complete, Tokens: usage.None()}
			call.Tokens.Set(c.write, usage.Known(1000))
			before := price.Pricing{Book: price.Embedded(), At: at}.Call(call)
			_, row, found := strings.Cut(before.Missing, "under prices.rows in "+config.Path+": ")
			if !found {
				t.Fatalf("missing %q gives no row", before.Missing)
			}
			conf, err := load([]byte("version: 1\nprices:\n  rows:\n    - " + strings.ReplaceAll(row, `"..."`, "2.5") + "\n"))
			if err != nil {
				t.Fatalf("%s: %v", row, err)
			}
			p, err := conf.Prices.Pricing(price.Embedded(), at)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Call(call); got.Cost.Status != price.Exact || got.Cost.Amount.String() != "0.0025" {
				t.Errorf("it costs %s, %s (%s %q); want 0.0025, exact", got.Cost.Amount, got.Cost.Status, got.Missing, got.Notes)
			}
		})
	}
}
