package price_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// banded is a book with one model whose rates double above 100 tokens of context, one of which it begins at 100.
const banded = `{
  "schema": 1, "currency": "USD", "rates_per": 1000000, "as_of": "2026-11-22", "sources": {"s": "a source"},
  "models": [
    {"provider": "d", "id": "m", "snapshots": "date", "rows": [
      {"id": "m", "tier": "standard", "rates": {"input": "2", "output": "10"}, "source": ["s"], "verified": "2026-11-22",
       "long_context": {"threshold": 100, "counts": "input+cache_read+cache_write", "op": "gt", "rates": {"input": "4", "output": "20"}}}]},
    {"provider": "d", "id": "incl", "snapshots": "date", "rows": [
      {"id": "incl", "tier": "standard", "rates": {"input": "2", "output": "10"}, "source": ["s"], "verified": "2026-11-22",
       "long_context": {"threshold": 100, "counts": "input+cache_read+cache_write", "op": "gte", "rates": {"input": "4", "output": "20"}}}]}
  ],
  "fees": [{"provider": "d", "unit": "search", "usd": "1", "per": 1, "source": ["s"], "verified": "2026-11-22"}]
}`

func usd(s string) price.Amount { return price.Known(price.MustMoney(s)) }

func TestSumRules(t *testing.T) {
	p := price.Pricing{Book: load(t, banded), At: now}
	base := func() price.Calls {
		return price.Calls{Provider: "d", Model: "m", Count: 1000, Tokens: tokens(50_000, 0, 1000)}
	}
	for _, c := range []struct {
		name    string
		change  func(*price.Calls)
		amount  string
		status  price.Status
		missing string
		note    string
	}{
		{"no prompt passes", func(c *price.Calls) { c.Upto = 100 }, "0.11", price.Exact, "", ""},
		{"every prompt passes", func(c *price.Calls) { c.Above, c.Count = 100, 10 }, "0.22", price.Exact, "", ""},
		{"nobody knows", func(*price.Calls) {}, "0.11", price.LowerBound, "", "which of the calls pass 100 tokens"},
		{"bounds around the threshold", func(c *price.Calls) { c.Above, c.Upto, c.Count = 10, 200, 500 }, "0.11", price.LowerBound, "", "which of the calls"},
		{"how many is not known", func(c *price.Calls) { c.Count = 0 }, "0.11", price.LowerBound, "", "which of the calls"},
		{"a sum that does not pass", func(c *price.Calls) { c.Tokens = tokens(100, 0, 0) }, "0.0002", price.Exact, "", ""},
		{"a sum that does not pass, of nobody knows how many", func(c *price.Calls) { c.Count, c.Tokens = 0, tokens(100, 0, 0) }, "0.0002", price.Exact, "", ""},
		{"one call", func(c *price.Calls) { c.Count, c.Tokens = 1, tokens(101, 0, 0) }, "0.000404", price.Exact, "", ""},
		{"the others leave too little", func(c *price.Calls) { c.Above, c.Count, c.Tokens = 40, 2, tokens(141, 0, 0) }, "0.000282", price.Exact, "", ""},
		{"the others leave enough", func(c *price.Calls) { c.Above, c.Count, c.Tokens = 40, 2, tokens(142, 0, 0) }, "0.000284", price.LowerBound, "", "which"},
		{"the others cannot have had all", func(c *price.Calls) { c.Upto, c.Count, c.Tokens = 150, 2, tokens(251, 0, 0) }, "0.001004", price.Exact, "", ""},
		{"at an inclusive threshold", func(c *price.Calls) { c.Model, c.Above, c.Count = "incl", 99, 10 }, "0.22", price.Exact, "", ""},
		{"up to an inclusive threshold", func(c *price.Calls) { c.Model, c.Upto = "incl", 100 }, "0.11", price.LowerBound, "", "which"},
		{"a sum that contradicts the bounds", func(c *price.Calls) { c.Above, c.Count, c.Tokens = 100, 1<<60, tokens(1, 0, 0) }, "0.000004", price.Exact, "", ""},
		{"a fee", func(c *price.Calls) { c.Upto, c.Requests = 100, map[string]int64{"search": 3} }, "3.11", price.Exact, "", ""},
		{"unseen calls", func(c *price.Calls) { c.Upto, c.Unseen = 100, 2 }, "0.11", price.LowerBound, "", "the usage of 2 more calls was not seen"},
		{"nothing but unseen calls", func(c *price.Calls) { *c = price.Calls{Provider: "d", Model: "m", Unseen: 2, Tokens: usage.None()} }, "unknown", price.Unknown, "the usage of 2 calls was not seen", ""},
		{"a model that nobody knows", func(c *price.Calls) { c.Model = "x" }, "unknown", price.Unknown, `no price for model "x"`, ""},
		{"a class that nobody counted", func(c *price.Calls) { c.Upto, c.Tokens.CacheRead = 100, usage.Count{} }, "unknown", price.Unknown, "the count of cache_read", ""},
		{"reported", func(c *price.Calls) { c.Upto, c.ReportedUSD = 100, usd("0.05") }, "0.05", price.ProviderReported, "", "more than 1 % apart"},
		{"reported the same", func(c *price.Calls) { c.Upto, c.ReportedUSD = 100, usd("0.11") }, "0.11", price.Exact, "", ""},
		{"reported of some", func(c *price.Calls) { c.Upto, c.Unseen, c.ReportedUSD = 100, 1, usd("0.11") }, "0.11", price.LowerBound, "", "1 more calls"},
		{"reported below zero", func(c *price.Calls) { c.Upto, c.ReportedUSD = 100, usd("-1") }, "unknown", price.Unknown, "not an amount", ""},
		{"reported of a model that nobody knows", func(c *price.Calls) { c.Model, c.ReportedUSD = "x", usd("0.5") }, "0.5", price.ProviderReported, "", ""},
		{"nothing at all", func(c *price.Calls) { *c = price.Calls{Provider: "d", Model: "m", Tokens: usage.None()} }, "0", price.Exact, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls := base()
			c.change(&calls)
			got := p.Sum(calls)
			checkPriced(t, got)
			if got.Cost.Amount.String() != c.amount || got.Cost.Status != c.status {
				t.Errorf("%s, %s; want %s, %s", got.Cost.Amount, got.Cost.Status, c.amount, c.status)
			}
			if !strings.Contains(got.Missing, c.missing) || c.missing == "" != (got.Missing == "") || !strings.Contains(strings.Join(got.Notes, "\n"), c.note) {
				t.Errorf("missing %q, notes %q; want %q and %q", got.Missing, got.Notes, c.missing, c.note)
			}
		})
	}
}

// TestSumIsTheSumOfTheCalls: for every model of the book, calls on one side of its threshold cost together what they cost
// one by one; without bounds they cost at most that, with a discount and without.
func TestSumIsTheSumOfTheCalls(t *testing.T) {
	b := price.Embedded()
	r := rand.New(rand.NewPCG(8, 17))
	half, err := price.ParseFactor("0.5")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, model := range b.Models() {
		for _, provider := range b.Providers(model) {
			p := price.Pricing{Book: b, At: now}
			if r.IntN(2) == 0 {
				p.Discounts = []price.Discount{{Provider: provider, Multiplier: half}}
			}
			threshold := int64(1000)
			for _, row := range b.Rows(provider, model) {
				if row.LongContext != nil {
					threshold = row.LongContext.Threshold
				}
				if row.LongContext != nil && row.LongContext.Inclusive {
					threshold--
				}
			}
			above := r.IntN(2) == 0
			c := price.Calls{Provider: provider, Model: model, Count: 1 + r.Int64N(20), Tokens: usage.None(), Upto: threshold}
			if above {
				c.Above, c.Upto = threshold, 0
			}
			sum := price.Nothing()
			for range c.Count {
				prompt := 1 + r.Int64N(threshold)
				if above {
					prompt += threshold
				}
				one := tokens(prompt, 0, r.Int64N(5000))
				if read := r.Int64N(prompt); r.IntN(2) == 0 {
					one.Input, one.CacheRead = usage.Known(prompt-read), usage.Known(read)
				}
				c.Tokens = c.Tokens.Plus(one)
				sum = sum.Plus(p.Call(usage.Call{Provider: provider, ServedModel: model, Coverage: usage.Complete, Tokens: one}).Cost)
			}
			got := p.Sum(c).Cost
			if !got.Amount.Equal(sum.Amount) || !got.List.Equal(sum.List) || !got.Billed.Equal(sum.Billed) || got.Status != sum.Status {
				t.Errorf("%s of %s: %d calls together cost %v, one by one %v", model, provider, c.Count, got, sum)
			}
			if sum.Amount.IsKnown() {
				compared++
			}
			c.Above, c.Upto, c.Count = 0, 0, 0
			bound, _ := p.Sum(c).Cost.Amount.Value()
			if all, known := sum.Amount.Value(); known && bound.Cmp(all) > 0 {
				t.Errorf("%s of %s: at least %s, and yet they cost %s", model, provider, bound, all)
			}
		}
	}
	if compared < 100 {
		t.Errorf("only %d models were compared", compared)
	}
}

// TestHourDecidesTheWindow: rates are those of one instant, windows hold by the hour of another.
func TestHourDecidesTheWindow(t *testing.T) {
	b := load(t, peaked)
	at := func(s string) time.Time {
		when, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, c := range []struct{ name, at, hour, want string }{
		{"peak now, off-peak then", "2026-11-18T02:00:00Z", "2026-11-18T05:00:00Z", "2"},
		{"off-peak now, peak then", "2026-11-18T05:00:00Z", "2026-11-17T02:00:00Z", "4"},
		{"peak then, when there were no peak hours", "2026-11-18T05:00:00Z", "2026-08-14T02:00:00Z", "4"},
		{"before there were peak hours", "2026-08-14T02:00:00Z", "2026-11-17T02:00:00Z", "2"},
	} {
		p := price.Pricing{Book: b, At: at(c.at), Hour: at(c.hour)}
		one := million("m")
		call := p.Call(one)
		sum := p.Sum(price.Calls{Provider: "d", Model: "m", Count: 1, Tokens: one.Tokens})
		for _, got := range []price.Priced{call, sum} {
			if got.Cost.Amount.String() != c.want {
				t.Errorf("%s: %s, want %s", c.name, got.Cost.Amount, c.want)
			}
		}
	}
	half, err := price.ParseFactor("0.5")
	if err != nil {
		t.Fatal(err)
	}
	one := million("m")
	one.ReportedUSD = "3"
	p := price.Pricing{Book: b, At: at("2026-11-18T05:00:00Z"), Hour: at("2026-11-18T02:00:00Z"), Discounts: []price.Discount{{Provider: "d", Multiplier: half}}}
	if got := p.Call(one).Cost.List.String(); got != "4" {
		t.Errorf("beside a reported cost the list price is %s, want 4", got)
	}
	own, err := b.With([]price.Override{{Provider: "d", Model: "m", Rates: map[usage.Class]price.Money{usage.Input: price.MustMoney("1"), usage.Output: price.MustMoney("1")}}})
	if err != nil {
		t.Fatal(err)
	}
	p = price.Pricing{Book: own, At: p.At, Hour: p.Hour}
	if got := p.Sum(price.Calls{Provider: "d", Model: "m", Count: 1, Tokens: one.Tokens}).Cost; got.Amount.String() != "1" || got.List.String() != "4" {
		t.Errorf("by the configuration %s with the list price %s, want 1 and 4", got.Amount, got.List)
	}
}
