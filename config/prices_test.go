package config_test

import (
	"os"
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
			if got.Cost.List.String() != x.want {
				t.Errorf("it costs %s (%s %s), want %s", got.Cost.List, got.Row, got.Missing, x.want)
			}
		})
	}
}

// TestRowsNeedNoBook says that a discount may be for a model that only a row has, and that order does not matter.
func TestRowsNeedNoBook(t *testing.T) {
	const row = "rows: [{provider: openai, model: gpt-next, rates: {input: 1, output: 2}}]"
	const discount = "discounts: [{provider: openai, model: gpt-next, multiplier: 0.5}]"
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
