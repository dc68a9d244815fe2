package price_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// TestPartsArePricedByThemselves: a part has its own model and its own context, and the call's tier.
func TestPartsArePricedByThemselves(t *testing.T) {
	compaction := func(input, output int64) usage.Part {
		return usage.Part{Kind: "compaction", Tokens: tokens(input, 0, output)}
	}
	of := func(model string, input, output int64) usage.Part {
		p := compaction(input, output)
		p.Kind, p.Model = "advisor", model
		return p
	}
	for _, c := range []struct {
		name, tier string
		coverage   usage.Coverage
		own        usage.Tokens
		parts      []usage.Part
		want       string
		status     price.Status
		missing    string
		note       string
	}{
		{"one part", "", usage.Complete, tokens(1000, 0, 100), []usage.Part{compaction(2000, 10)}, "0.0183", price.Exact, "", ""},
		{"two contexts below the threshold are not one above", "", usage.Complete, tokens(200_000, 0, 0), []usage.Part{compaction(200_000, 0)}, "2", price.Exact, "", ""},
		{"only the part above pays for it", "", usage.Complete, tokens(1000, 0, 0), []usage.Part{compaction(272_001, 0)}, "2.72501", price.Exact, "", ""},
		{"another model", "", usage.Complete, tokens(1000, 0, 0), []usage.Part{of("gpt-5.4-mini", 1000, 1000)}, "0.01025", price.Exact, "", ""},
		{"the call's tier", "priority", usage.Complete, tokens(1000, 0, 0), []usage.Part{compaction(1000, 0)}, "0.025", price.Exact, "", ""},
		{"a part of nothing", "", usage.Complete, tokens(1000, 0, 0), []usage.Part{compaction(0, 0)}, "0.005", price.Exact, "", ""},
		{"unknown model", "", usage.Complete, tokens(1000, 0, 0), []usage.Part{of("x", 1, 1)}, "unknown", price.Unknown, `part "advisor": no price for model "x"`, ""},
		{"unknown count", "", usage.Complete, tokens(1000, 0, 0), []usage.Part{{Kind: "compaction"}, compaction(1, 1)}, "unknown", price.Unknown, `part "compaction": the count of input`, ""},
		{"unknown call", "", usage.Complete, usage.Tokens{}, []usage.Part{compaction(1, 1)}, "unknown", price.Unknown, "the count of input", ""},
		{"left out of a partial call", "", usage.Partial, tokens(1000, 0, 0), []usage.Part{of("x", 1, 1), compaction(1000, 0)}, "0.01", price.LowerBound, "", `left out: part "advisor": no price for model "x"`},
		{"a partial part", "", usage.Partial, tokens(1000, 0, 0), []usage.Part{{Kind: "compaction", Tokens: usage.Tokens{Output: usage.Known(100)}}}, "0.008", price.LowerBound, "", "left out: the count of input"},
	} {
		t.Run(c.name, func(t *testing.T) {
			call := complete()
			call.Coverage, call.ServedTier, call.Tokens, call.Parts = c.coverage, c.tier, c.own, c.parts
			got := pricing().Call(call)
			checkPriced(t, got)
			if got.Cost.Amount.String() != c.want || got.Cost.Status != c.status {
				t.Errorf("%s, %s; want %s, %s", got.Cost.Amount, got.Cost.Status, c.want, c.status)
			}
			if !strings.Contains(got.Missing, c.missing) || !strings.Contains(strings.Join(got.Notes, "\n"), c.note) {
				t.Errorf("missing %q, notes %q; want %q and %q", got.Missing, got.Notes, c.missing, c.note)
			}
		})
	}
}

func TestPartsShowTheirLines(t *testing.T) {
	call := complete()
	call.Parts = []usage.Part{
		{Kind: "compaction", Tokens: tokens(10, 0, 0)},
		{Kind: "advisor", Model: "gpt-5.4-mini-2026-03-17", Tokens: tokens(20, 0, 0)},
	}
	got := pricing().Call(call)
	want := []price.Line{
		{Class: usage.Input, Tokens: 1000, Rate: price.MustMoney("5"), USD: price.MustMoney("0.005")},
		{Class: usage.Output, Tokens: 100, Rate: price.MustMoney("30"), USD: price.MustMoney("0.003")},
		{Part: "compaction", Class: usage.Input, Tokens: 10, Rate: price.MustMoney("5"), USD: price.MustMoney("0.00005")},
		{Part: "advisor", Model: "gpt-5.4-mini", Class: usage.Input, Tokens: 20, Rate: price.MustMoney("0.75"), USD: price.MustMoney("0.000015")},
	}
	if diff := cmp.Diff(want, got.Lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if want := "openai/gpt-5.5/standard/2026-04-23"; got.Row != want {
		t.Errorf("row %q, want %q", got.Row, want)
	}
}

// TestPartsAndDiscounts: each model has its own contract, and what was billed is known when all of it is.
func TestPartsAndDiscounts(t *testing.T) {
	call := complete()                                                                              // 0.008
	call.Parts = []usage.Part{{Kind: "advisor", Model: "gpt-5.4-mini", Tokens: tokens(2000, 0, 0)}} // 0.0015
	half := price.Discount{Provider: "openai", Model: "gpt-5.5", Multiplier: factor(t, "0.5")}
	tenth := price.Discount{Provider: "openai", Model: "gpt-5.4-mini", Multiplier: factor(t, "0.1")}
	for _, c := range []struct {
		name      string
		discounts []price.Discount
		want      price.Cost
	}{
		{"none", nil, price.Cost{Amount: usd("0.0095"), Status: price.Exact, List: usd("0.0095")}},
		{"of one model", []price.Discount{half}, price.Cost{Amount: usd("0.0055"), Status: price.Exact, List: usd("0.0095")}},
		{"of both", []price.Discount{half, tenth}, price.Cost{Amount: usd("0.00415"), Status: price.Exact, List: usd("0.0095"), Billed: usd("0.00415")}},
		{"forgotten for the part", []price.Discount{half, {Provider: "openai", Model: "gpt-5.4-mini"}}, price.Cost{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := pricing()
			p.Discounts = c.discounts
			got := p.Call(call)
			checkPriced(t, got)
			if diff := cmp.Diff(c.want, got.Cost); diff != "" {
				t.Errorf("cost (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReportedMeetsTheBook: a report that agrees with the list price to the last digit makes the cost exact,
// unless a contract says that less is billed; charges on both sides of a gateway are added.
func TestReportedMeetsTheBook(t *testing.T) {
	half := []price.Discount{{Provider: "openai", Multiplier: factor(t, "0.5")}}
	for _, c := range []struct {
		name, reported, upstream string
		discounts                []price.Discount
		change                   func(*usage.Call)
		want                     price.Cost
		note                     string
	}{
		{"the same", "0.0080", "", nil, nil, price.Cost{Amount: usd("0.008"), Status: price.Exact, List: usd("0.008"), Billed: usd("0.008")}, ""},
		{"one digit off", "0.0080000001", "", nil, nil, price.Cost{Amount: usd("0.0080000001"), Status: price.ProviderReported, List: usd("0.008"), Billed: usd("0.0080000001")}, ""},
		{"the list price under a contract", "0.008", "", half, nil, price.Cost{Amount: usd("0.008"), Status: price.ProviderReported, List: usd("0.008"), Billed: usd("0.008")}, ""},
		{"what the contract says", "0.004", "", half, nil, price.Cost{Amount: usd("0.004"), Status: price.ProviderReported, List: usd("0.008"), Billed: usd("0.004")}, "the price book says 0.008: more than 1 % apart"},
		{"contract without a multiplier", "0.008", "", []price.Discount{{Provider: "openai"}}, nil, price.Cost{Amount: usd("0.008"), Status: price.ProviderReported, List: usd("0.008"), Billed: usd("0.008")}, ""},
		{"contract of another provider", "0.008", "", []price.Discount{{Provider: "google", Multiplier: half[0].Multiplier}}, nil, price.Cost{Amount: usd("0.008"), Status: price.Exact, List: usd("0.008"), Billed: usd("0.008")}, ""},
		{"both sides of a gateway", "0.0004", "0.0076", nil, nil, price.Cost{Amount: usd("0.008"), Status: price.Exact, List: usd("0.008"), Billed: usd("0.008")}, ""},
		{"a free gateway", "0", "0.007", nil, nil, price.Cost{Amount: usd("0.007"), Status: price.ProviderReported, List: usd("0.008"), Billed: usd("0.007")}, "reported 0.007 USD"},
		{"behind a gateway only", "", "0.007", nil, nil, price.Cost{Amount: usd("0.008"), Status: price.Exact, List: usd("0.008")}, ""},
		{"behind a gateway, not a number", "0.001", "free", nil, nil, price.Cost{}, ""},
		{"behind a gateway, negative", "0.001", "-1", nil, nil, price.Cost{}, ""},
		{"parts", "0.0081", "", nil, func(c *usage.Call) {
			c.Parts = []usage.Part{{Kind: "compaction", Tokens: tokens(20, 0, 0)}}
		}, price.Cost{Amount: usd("0.0081"), Status: price.Exact, List: usd("0.0081"), Billed: usd("0.0081")}, ""},
		{"a bound that happens to agree", "0.008", "", nil, func(c *usage.Call) { c.Coverage = usage.Partial }, price.Cost{Amount: usd("0.008"), Status: price.LowerBound, Billed: usd("0.008")}, "at least this much: cut off"},
		{"a bound without a price", "0.5", "", nil, func(c *usage.Call) { c.Coverage, c.ServedModel = usage.Partial, "x" }, price.Cost{Amount: usd("0.5"), Status: price.LowerBound, Billed: usd("0.5")}, "at least this much: cut off"},
		{"a charge without usage", "0.5", "", nil, func(c *usage.Call) { c.Coverage = usage.Missing }, price.Cost{Amount: usd("0.5"), Status: price.ProviderReported, Billed: usd("0.5")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := pricing()
			p.Discounts = c.discounts
			call := complete()
			call.ReportedUSD, call.ReportedUpstreamUSD = c.reported, c.upstream
			call.Problem = "cut off"
			call.Claims = map[string]string{"x-litellm-response-cost": "17"} // never added
			if c.change != nil {
				c.change(&call)
			}
			got := p.Call(call)
			if diff := cmp.Diff(c.want, got.Cost); diff != "" {
				t.Errorf("cost (-want +got):\n%s", diff)
			}
			if notes := strings.Join(got.Notes, "\n"); !strings.Contains(notes, c.note) || c.note == "" && strings.Contains(notes, "apart") {
				t.Errorf("notes %q, want %q", notes, c.note)
			}
			if got.Cost.Amount.IsKnown() == (got.Missing != "") {
				t.Errorf("amount %s, missing %q", got.Cost.Amount, got.Missing)
			}
		})
	}
}

// TestOverrideGoesBeforeReport: the user's price stays, and a report that is far from it is said.
func TestOverrideGoesBeforeReport(t *testing.T) {
	b := with(t, price.Embedded(), price.Override{Provider: "openai", Model: "gpt-5.5", Rates: rates("4", "20"), Refuse: []usage.Class{usage.CacheRead}})
	paid := price.Cost{Amount: usd("0.006"), Status: price.Exact, List: usd("0.008"), Billed: usd("0.006")}
	for _, c := range []struct {
		name, reported, multiplier string
		change                     func(*usage.Call)
		want                       price.Cost
		note                       string
	}{
		{"no report", "", "", nil, paid, ""},
		{"a report that agrees", "0.006", "", nil, paid, ""},
		{"a report far off", "0.008", "", nil, paid, "the provider reported 0.008 USD, the configuration says 0.006: more than 1 % apart"},
		{"a contract changes nothing", "", "0.5", nil, paid, ""},
		{"with a contract", "0.006", "0.5", nil, paid, ""},
		{"with a contract, a report of the list price", "0.008", "0.5", nil, paid, "the configuration says 0.006: more than 1 % apart"},
		{"a report that is no number", "free", "", nil, paid, `reported a cost of "free"`},
		{"a bound", "9", "", func(c *usage.Call) { c.Coverage = usage.Partial }, price.Cost{Amount: usd("0.006"), Status: price.LowerBound, List: usd("0.008"), Billed: usd("0.006")}, "at least this much"},
		{"a call that the row cannot price", "0.5", "", func(c *usage.Call) { c.Tokens.CacheRead = usage.Known(1) }, price.Cost{Amount: usd("0.5"), Status: price.ProviderReported, Billed: usd("0.5")}, ""},
		{"another model", "0.5", "", func(c *usage.Call) { c.ServedModel = "x" }, price.Cost{Amount: usd("0.5"), Status: price.ProviderReported, Billed: usd("0.5")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := price.Pricing{Book: b, At: now}
			if c.multiplier != "" {
				p.Discounts = []price.Discount{{Provider: "openai", Multiplier: factor(t, c.multiplier)}}
			}
			call := complete()
			call.ReportedUSD = c.reported
			if c.change != nil {
				c.change(&call)
			}
			got := p.Call(call)
			if diff := cmp.Diff(c.want, got.Cost); diff != "" {
				t.Errorf("cost (-want +got):\n%s", diff)
			}
			if notes := strings.Join(got.Notes, "\n"); !strings.Contains(notes, c.note) || c.note == "" && strings.Contains(notes, "apart") {
				t.Errorf("notes %q, want %q", notes, c.note)
			}
		})
	}
}

// TestMissingSaysWhatToAdd: the row to paste is YAML whatever the model is called.
func TestMissingSaysWhatToAdd(t *testing.T) {
	const begin, end = "; a newer price book may have it, or add it under prices.rows in .github/pertask.yml: {", `, rates: {input: "...", cache_read: "...", output: "..."}}`
	const half = `, rates: {input: "...", cache_read: "...", cache_creation_30m: "...", output: "..."}, refuse: [cache_creation_5m, cache_creation_1h, cache_creation_12h]}`
	const claude = `, rates: {input: "...", cache_read: "...", cache_creation_5m: "...", cache_creation_1h: "...", output: "..."}, refuse: [cache_creation_30m, cache_creation_12h]}`
	for _, c := range []struct{ name, provider, model, tier, region, want, end string }{
		{"model", "openai", "gpt-7-preview", "", "", "provider: openai, model: gpt-7-preview", half},
		{"model in a tier", "openai", "gpt-7-preview", "flex", "", "provider: openai, model: gpt-7-preview", half},
		{"tier", "openai", "gpt-5.5-2026-04-23", "Turbo", "", "provider: openai, model: gpt-5.5, tier: turbo", half},
		{"region", "openai", "gpt-5.5", "", "eu-west-1", "provider: openai, model: gpt-5.5, region: eu-west-1", half},
		{"slash", "openrouter", "anthropic/claude-haiku-9", "", "", "provider: openrouter, model: anthropic/claude-haiku-9", end},
		{"times to live", "anthropic", "claude-haiku-9", "", "", "provider: anthropic, model: claude-haiku-9", claude},
		{"a provider without writes", "x-ai", "grok-9", "", "", "provider: x-ai, model: grok-9", end},
		{"a provider by another name", "xai", "grok-9", "", "", "provider: x-ai, model: grok-9", end},
		{"word of YAML", "openai", "null", "", "", `provider: openai, model: "null"`, half},
		{"short word of YAML", "openai", "yes", "", "", `provider: openai, model: "yes"`, half},
		{"number", "openai", "1e5", "", "", `provider: openai, model: "1e5"`, half},
		{"date", "openai", "2026-01-01", "", "", `provider: openai, model: "2026-01-01"`, half},
		{"breaks out", "openai", "x}, {a: 'b\n\"", "", "", `provider: openai, model: "x}, {a: 'b\n\""`, half},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := pricing().Call(usage.Call{Provider: c.provider, ServedModel: c.model, ServedTier: c.tier,
				Attributes: map[string]string{"region": c.region}, Coverage: usage.Complete, Tokens: usage.None()})
			if want := begin + c.want + c.end; !strings.HasSuffix(got.Missing, want) {
				t.Errorf("missing %q, want %q at its end", got.Missing, want)
			}
		})
	}
	if got := pricing().Call(usage.Call{Provider: "openai", Coverage: usage.Complete}); got.Missing != "the call does not name its model" {
		t.Errorf("missing %q", got.Missing)
	}
}
