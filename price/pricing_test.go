package price_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// tokens returns a call's tokens: none but the given ones.
func tokens(input, read, output int64) usage.Tokens {
	t := usage.None()
	t.Input, t.CacheRead, t.Output = usage.Known(input), usage.Known(read), usage.Known(output)
	return t
}

// complete is a call to gpt-5.5 whose usage is known: 1,000 of input at 5, 100 of output at 30.
func complete() usage.Call {
	return usage.Call{Provider: "openai", ServedModel: "gpt-5.5", Coverage: usage.Complete, Tokens: tokens(1000, 0, 100)}
}

func pricing() price.Pricing { return price.Pricing{Book: price.Embedded(), At: now} }

func TestCallRules(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*usage.Call)
		amount  string
		status  price.Status
		missing string // a part of Priced.Missing
		note    string // a part of a note
	}{
		{"as it is", func(*usage.Call) {}, "0.008", price.Exact, "", ""},
		{"usage not seen", func(c *usage.Call) { c.Coverage, c.Problem = usage.Missing, "stream cut" }, "unknown", price.Unknown, "usage was not seen: stream cut", ""},
		{"coverage of another version", func(c *usage.Call) { c.Coverage = "mostly" }, "unknown", price.Unknown, "not seen", ""},
		{"unbilled", func(c *usage.Call) { c.Coverage, c.Tokens = usage.Unbilled, usage.Tokens{} }, "0", price.Exact, "", "not billed"},
		{"unbilled model that is not in the book", func(c *usage.Call) { c.Coverage, c.ServedModel = usage.Unbilled, "x" }, "0", price.Exact, "", ""},
		{"unknown class", func(c *usage.Call) { c.Tokens.CacheRead = usage.Count{} }, "unknown", price.Unknown, "count of cache_read tokens is not known", ""},
		{"no usage at all", func(c *usage.Call) { c.Tokens = usage.Tokens{} }, "unknown", price.Unknown, "input", ""},
		{"partial", func(c *usage.Call) { c.Coverage = usage.Partial }, "0.008", price.LowerBound, "", "at least this much"},
		{"partial with an unknown class", func(c *usage.Call) { c.Coverage, c.Tokens.Output = usage.Partial, usage.Count{} }, "0.005", price.LowerBound, "", "left out: the count of output"},
		{"partial with nothing known", func(c *usage.Call) { c.Coverage, c.Tokens = usage.Partial, usage.Tokens{} }, "unknown", price.Unknown, "count of input", ""},
		{"partial with an unknown fee", func(c *usage.Call) { c.Coverage, c.Requests = usage.Partial, map[string]int64{"maps": 1} }, "0.008", price.LowerBound, "", `left out: no fee for "maps"`},
		{"partial past the threshold", func(c *usage.Call) { c.Coverage, c.Tokens = usage.Partial, tokens(272001, 0, 0) }, "2.72001", price.LowerBound, "", ""},
		{"model not in the book", func(c *usage.Call) { c.ServedModel = "gpt-7" }, "unknown", price.Unknown, `no price for model "gpt-7" of provider "openai" at 2026-11-22; a newer price book may have it`, ""},
		{"model of another provider", func(c *usage.Call) { c.Provider = "nobody" }, "unknown", price.Unknown, `of provider "nobody"`, ""},
		{"requested model where none was served", func(c *usage.Call) { c.RequestedModel, c.ServedModel = "gpt-5.5", "" }, "0.008", price.Exact, "", ""},
		{"tier default", func(c *usage.Call) { c.ServedTier = "default" }, "0.008", price.Exact, "", ""},
		{"tier auto", func(c *usage.Call) { c.RequestedTier = "auto" }, "0.008", price.Exact, "", ""},
		{"tier ON_DEMAND", func(c *usage.Call) { c.ServedTier = "ON_DEMAND" }, "0.008", price.Exact, "", ""},
		{"tier priority", func(c *usage.Call) { c.ServedTier = "priority" }, "0.02", price.Exact, "", ""},
		{"tier fast is another name of priority", func(c *usage.Call) { c.RequestedTier = "fast" }, "0.02", price.Exact, "", ""},
		{"tier served goes before tier requested", func(c *usage.Call) { c.RequestedTier, c.ServedTier = "priority", "default" }, "0.008", price.Exact, "", ""},
		{"tier without a row is not standard", func(c *usage.Call) { c.ServedTier = "ultrafast" }, "unknown", price.Unknown, `tier "ultrafast"`, ""},
		{"web searches", func(c *usage.Call) { c.Requests = map[string]int64{"web_search": 3} }, "0.038", price.Exact, "", ""},
		{"negative requests", func(c *usage.Call) { c.Requests = map[string]int64{"web_search": -3} }, "unknown", price.Unknown, "not a count", ""},
		{"fee that is not known", func(c *usage.Call) { c.Requests = map[string]int64{"maps": 1} }, "unknown", price.Unknown, `no fee for "maps"`, ""},
		{"attribute that is not known", func(c *usage.Call) { c.Attributes = map[string]string{"mood": "good"} }, "unknown", price.Unknown, `no factor for "mood=good"`, ""},
		{"attribute without a value", func(c *usage.Call) { c.Attributes = map[string]string{"mood": ""} }, "0.008", price.Exact, "", ""},
		{"data residency", func(c *usage.Call) { c.Attributes = map[string]string{"data_residency": "eu"} }, "0.0088", price.Exact, "", "times 1.1"},
		{"fees are outside of factors", func(c *usage.Call) {
			c.Attributes, c.Requests = map[string]string{"data_residency": "eu"}, map[string]int64{"web_search": 1}
		}, "0.0188", price.Exact, "", ""},
		{"fields that nobody understands", func(c *usage.Call) { c.Unclassified = []string{"x_tokens"} }, "0.008", price.Exact, "", "x_tokens"},
		{"count beyond an int64 in the sum", func(c *usage.Call) { c.Tokens = tokens(1<<62, 1<<62, 0) }, "50728546202701.266944", price.Exact, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			call := complete()
			c.change(&call)
			got := pricing().Call(call)
			checkPriced(t, got)
			if got.Cost.Amount.String() != c.amount {
				t.Errorf("amount %s, want %s", got.Cost.Amount, c.amount)
			}
			if got.Cost.Status != c.status {
				t.Errorf("status %s, want %s", got.Cost.Status, c.status)
			}
			if !strings.Contains(got.Missing, c.missing) {
				t.Errorf("missing %q, want %q in it", got.Missing, c.missing)
			}
			if notes := strings.Join(got.Notes, "\n"); !strings.Contains(notes, c.note) {
				t.Errorf("notes %q, want %q in them", notes, c.note)
			}
		})
	}
}

func TestCallShowsItsLines(t *testing.T) {
	call := complete()
	call.Tokens.CacheRead = usage.Known(10)
	call.Attributes = map[string]string{"data_residency": "eu"}
	call.Requests = map[string]int64{"web_search": 2}
	got := pricing().Call(call)
	want := []price.Line{
		{Class: usage.Input, Tokens: 1000, Rate: price.MustMoney("5.5"), USD: price.MustMoney("0.0055")},
		{Class: usage.CacheRead, Tokens: 10, Rate: price.MustMoney("0.55"), USD: price.MustMoney("0.0000055"), Uncached: price.MustMoney("5.5")},
		{Class: usage.Output, Tokens: 100, Rate: price.MustMoney("33"), USD: price.MustMoney("0.0033")},
	}
	if diff := cmp.Diff(want, got.Lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]price.Fee{{Unit: "web_search", Count: 2, USD: price.MustMoney("0.02")}}, got.Fees); diff != "" {
		t.Errorf("fees (-want +got):\n%s", diff)
	}
	if want := "openai/gpt-5.5/standard/2026-04-23"; got.Row != want {
		t.Errorf("row %q, want %q", got.Row, want)
	}
}

// What a cache served is held against the rate of input in the band of the same request.
func TestCacheReadsKnowTheRateOfInput(t *testing.T) {
	for _, c := range []struct {
		read     int64
		uncached string
	}{{1000, "5"}, {500_000, "10"}} {
		call := complete()
		call.Tokens.CacheRead = usage.Known(c.read)
		for _, l := range pricing().Call(call).Lines {
			want := price.Money{}
			if l.Class == usage.CacheRead {
				want = price.MustMoney(c.uncached)
			}
			if l.Uncached.Cmp(want) != 0 {
				t.Errorf("%d read from a cache, %s: got %s, want %s", c.read, l.Class, l.Uncached, want)
			}
		}
	}
}

func TestReported(t *testing.T) {
	for _, c := range []struct {
		name, reported string
		change         func(*usage.Call)
		want           price.Cost
		note           string
	}{
		{"as the book says", "0.008", nil, price.Cost{Amount: usd("0.008"), Status: price.ProviderReported, List: usd("0.008"), Billed: usd("0.008")}, ""},
		{"one per cent apart", "0.00808", nil, price.Cost{Amount: usd("0.00808"), Status: price.ProviderReported, List: usd("0.008"), Billed: usd("0.00808")}, ""},
		{"further apart", "0.00809", nil, price.Cost{Amount: usd("0.00809"), Status: price.ProviderReported, List: usd("0.008"), Billed: usd("0.00809")}, "more than 1 % apart"},
		{"with an exponent", "8e-3", nil, price.Cost{Amount: usd("0.008"), Status: price.ProviderReported, List: usd("0.008"), Billed: usd("0.008")}, ""},
		{"model not in the book", "0.5", func(c *usage.Call) { c.ServedModel = "x" }, price.Cost{Amount: usd("0.5"), Status: price.ProviderReported, Billed: usd("0.5")}, ""},
		{"usage not seen", "0.5", func(c *usage.Call) { c.Coverage = usage.Missing }, price.Cost{Amount: usd("0.5"), Status: price.ProviderReported, Billed: usd("0.5")}, ""},
		{"a bound is no list price", "0.5", func(c *usage.Call) { c.Coverage = usage.Partial }, price.Cost{Amount: usd("0.5"), Status: price.LowerBound, Billed: usd("0.5")}, ""},
		{"not a number", "free", nil, price.Cost{}, ""},
		{"negative", "-1", nil, price.Cost{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := pricing()
			p.Discounts = []price.Discount{{Provider: "openai", Multiplier: factor(t, "0.5")}} // is in the report already
			call := complete()
			call.ReportedUSD = c.reported
			if c.change != nil {
				c.change(&call)
			}
			got := p.Call(call)
			if diff := cmp.Diff(c.want, got.Cost); diff != "" {
				t.Errorf("cost (-want +got):\n%s", diff)
			}
			if (got.Missing == "") != (got.Cost.Status != price.Unknown) {
				t.Errorf("missing %q with status %s", got.Missing, got.Cost.Status)
			}
			if notes := strings.Join(got.Notes, "\n"); !strings.Contains(notes, c.note) || c.note == "" && strings.Contains(notes, "apart") {
				t.Errorf("notes %q, want %q", notes, c.note)
			}
		})
	}
}

func TestDiscounts(t *testing.T) {
	all := price.Discount{Provider: "openai", Multiplier: factor(t, "0.5"), Note: "contract 2026"}
	own := price.Discount{Provider: "openai", Model: "GPT-5.5", Multiplier: factor(t, "0.25")} // by an alias
	for _, c := range []struct {
		name      string
		discounts []price.Discount
		want      price.Cost
	}{
		{"none", nil, price.Cost{Amount: usd("0.008"), Status: price.Exact, List: usd("0.008")}},
		{"of the provider", []price.Discount{all}, price.Cost{Amount: usd("0.004"), Status: price.Exact, List: usd("0.008"), Billed: usd("0.004")}},
		{"of the model first", []price.Discount{all, own}, price.Cost{Amount: usd("0.002"), Status: price.Exact, List: usd("0.008"), Billed: usd("0.002")}},
		{"of another model", []price.Discount{{Provider: "openai", Model: "gpt-5.4", Multiplier: own.Multiplier}}, price.Cost{Amount: usd("0.008"), Status: price.Exact, List: usd("0.008")}},
		{"of a model that is not there", []price.Discount{{Provider: "openai", Model: "x", Multiplier: own.Multiplier}}, price.Cost{Amount: usd("0.008"), Status: price.Exact, List: usd("0.008")}},
		{"of another provider", []price.Discount{{Provider: "google", Multiplier: own.Multiplier}}, price.Cost{Amount: usd("0.008"), Status: price.Exact, List: usd("0.008")}},
		{"a forgotten multiplier is not a gift", []price.Discount{{Provider: "openai"}}, price.Cost{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := pricing()
			p.Discounts = c.discounts
			got := p.Call(complete())
			checkPriced(t, got)
			if diff := cmp.Diff(c.want, got.Cost); diff != "" {
				t.Errorf("cost (-want +got):\n%s", diff)
			}
		})
	}
	p := pricing()
	p.Discounts = []price.Discount{all}
	if notes := strings.Join(p.Call(complete()).Notes, " "); !strings.Contains(notes, "0.5 (contract 2026)") {
		t.Errorf("notes %q do not name the discount", notes)
	}
}

func TestPricingWithoutAnInstant(t *testing.T) {
	got := price.Pricing{Book: price.Embedded()}.Call(complete())
	checkPriced(t, got)
	if got.Cost.Status != price.Unknown {
		t.Errorf("status %s, want unknown", got.Cost.Status)
	}
}

func TestList(t *testing.T) {
	r, err := pricing().List("anthropic", "claude-opus-4-8-20260101", "batch")
	if err != nil {
		t.Fatal(err)
	}
	want := map[usage.Class]string{
		usage.Input: "2.5", usage.CacheRead: "0.25", usage.CacheCreation: "unknown", usage.CacheCreation5m: "3.125",
		usage.CacheCreation30m: "unknown", usage.CacheCreation1h: "5", usage.CacheCreation12h: "unknown", usage.Output: "12.5",
	}
	got := map[usage.Class]string{}
	for _, c := range usage.Classes() {
		got[c] = "unknown"
		if m, ok := r.Of(c); ok {
			got[c] = m.String()
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rates (-want +got):\n%s", diff)
	}
	if _, ok := r.Of("audio"); ok {
		t.Error("a class that does not exist has a rate")
	}
	head := []string{r.Provider, r.Model, r.Tier, r.Row}
	if diff := cmp.Diff([]string{"anthropic", "claude-opus-4-8", "batch", "anthropic/claude-opus-4-8/standard"}, head); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := time.Parse(time.DateOnly, r.Verified); err != nil {
		t.Errorf("verified: %v", err)
	}
	if _, err := pricing().List("openai", "gpt-7", ""); err == nil || !strings.Contains(err.Error(), `no price for model "gpt-7"`) {
		t.Errorf("error %v, want the model named", err)
	}
	if _, err := pricing().List("openai", "gpt-5.5", "warp"); err == nil || !strings.Contains(err.Error(), `tier "warp"`) {
		t.Errorf("error %v, want the tier named", err)
	}
	if r, err := pricing().List("openai", "gpt-5.5", "flex"); err != nil || r.Threshold != 272000 {
		t.Errorf("threshold %d, %v; want 272000", r.Threshold, err)
	}
}

// TestTokens: totals are priced at short-context rates, and a total that passes the threshold says so.
func TestTokens(t *testing.T) {
	for _, c := range []struct {
		name, model, want string
		tokens            usage.Tokens
		note              bool
	}{
		{"below", "gpt-5.4", "0.68", tokens(272000, 0, 0), false},
		{"above", "gpt-5.4", "2.7075", tokens(1_000_000, 800_000, 500), true},
		{"no threshold", "gpt-5.4-mini", "0.75", tokens(1_000_000, 0, 0), false},
		{"unknown class", "gpt-5.4", "unknown", usage.Tokens{Input: usage.Known(1)}, false},
		{"unknown model", "x", "unknown", tokens(1, 0, 0), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := pricing().Tokens("openai", c.model, "", c.tokens)
			checkPriced(t, got)
			if got.Cost.Amount.String() != c.want {
				t.Errorf("amount %s, want %s", got.Cost.Amount, c.want)
			}
			if said := strings.Contains(strings.Join(got.Notes, " "), "passes 272000"); said != c.note {
				t.Errorf("notes %q, want the threshold named: %v", got.Notes, c.note)
			}
		})
	}
	p := pricing()
	p.Discounts = []price.Discount{{Provider: "openai", Multiplier: factor(t, "0.5")}}
	if got, want := p.Tokens("openai", "gpt-5.4", "", tokens(1000, 0, 0)).Cost.Billed, usd("0.00125"); !got.Equal(want) {
		t.Errorf("billed %s, want %s", got, want)
	}
}

// TestMonotone: within one band, more tokens of any class never cost less, and of a class with a count above
// zero always more. Every model of the book, pseudo-random counts, a fixed seed.
func TestMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := pricing()
	compared := 0
	for _, id := range p.Book.Models() {
		for _, provider := range p.Book.Providers(id) {
			for range 20 {
				call := usage.Call{Provider: provider, ServedModel: id, Coverage: usage.Complete, Tokens: usage.None()}
				for _, c := range usage.Classes() {
					call.Tokens.Set(c, usage.Known(r.Int64N(5000)))
				}
				call.Tokens.CacheCreation30m, call.Tokens.CacheCreation12h = usage.Known(0), usage.Known(0)
				call.Tokens.CacheCreation5m, call.Tokens.CacheCreation1h = usage.Known(0), usage.Known(0)
				before := p.Call(call)
				checkPriced(t, before)
				for _, c := range []usage.Class{usage.Input, usage.CacheRead, usage.CacheCreation, usage.Output} {
					more := call
					more.Tokens.Set(c, call.Tokens.Of(c).Plus(usage.Known(1+r.Int64N(100))))
					a, ok1 := before.Cost.Amount.Value()
					b, ok2 := p.Call(more).Cost.Amount.Value()
					if !ok1 || !ok2 || a.Cmp(b) >= 0 {
						t.Errorf("%s: more %s costs %s instead of %s", id, c, p.Call(more).Cost.Amount, before.Cost.Amount)
					}
					compared++
				}
			}
		}
	}
	if compared < 1000 {
		t.Errorf("compared %d pairs", compared)
	}
}

// TestPartialIsABound: whatever part of a call was seen, the bound is not above what the whole call costs.
func TestPartialIsABound(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	p := pricing()
	for range 2000 {
		whole := usage.Call{Provider: "openai", ServedModel: "gpt-5.6-luna", Coverage: usage.Complete, Tokens: tokens(r.Int64N(300_000), r.Int64N(300_000), r.Int64N(5000))}
		part := whole
		part.Coverage = usage.Partial
		for _, c := range usage.Classes() {
			switch n, _ := whole.Tokens.Of(c).Value(); r.IntN(3) {
			case 0:
				part.Tokens.Set(c, usage.Count{})
			case 1:
				part.Tokens.Set(c, usage.Known(r.Int64N(n+1)))
			}
		}
		all, _ := p.Call(whole).Cost.Amount.Value()
		got := p.Call(part)
		checkPriced(t, got)
		if bound, known := got.Cost.Amount.Value(); known && (bound.Cmp(all) > 0 || got.Cost.Status != price.LowerBound) {
			t.Fatalf("a part costs %s (%s), the whole %s", bound, got.Cost.Status, all)
		}
	}
}

// TestSumOfCallsIsExact: a thousand calls added up in any order cost a thousand times one.
func TestSumOfCallsIsExact(t *testing.T) {
	call := complete()
	call.Tokens = tokens(123_457, 7, 8_901)
	one := pricing().Call(call).Cost
	costs := make([]price.Cost, 1000)
	for i := range costs {
		costs[i] = one
	}
	m, _ := one.Amount.Value()
	if got, want := price.Sum(costs...).Amount, price.Known(m.Times(1000)); !got.Equal(want) {
		t.Errorf("sum %s, want %s", got, want)
	}
}

// FuzzCall: no call contradicts the rules that hold for every priced call, and none panics.
func FuzzCall(f *testing.F) {
	f.Add("openai", "gpt-5.5", "flex", int64(1), int64(2), int64(3), "partial", "", "", "speed", "fast", "", int64(0))
	f.Add("anthropic", "claude-opus-4-8", "", int64(1<<62), int64(1<<62), int64(3), "complete", "1e-5", "0.5", "", "", "gpt-5.5", int64(1<<62))
	f.Add("openai", "gpt-5.4", "", int64(300_000), int64(2), int64(3), "complete", "", "x", "region", "eu", "gpt-5.4-mini", int64(-1))
	f.Add("d", "m", "", int64(300_000), int64(2), int64(3), "complete", "", "", "", "", "new", int64(7))
	books := []*price.Book{price.Embedded(), load(f, peaked), with(f, load(f, peaked), price.Override{Provider: "d", Model: "new", Rates: rates("1", "2")})}
	f.Fuzz(func(t *testing.T, provider, model, tier string, in, read, out int64, coverage, reported, upstream, key, value, part string, units int64) {
		call := usage.Call{Provider: provider, ServedModel: model, ServedTier: tier, Coverage: usage.Coverage(coverage),
			ReportedUSD: reported, ReportedUpstreamUSD: upstream, Attributes: map[string]string{key: value},
			Tokens: tokens(in, read, out), Requests: map[string]int64{key: units}, Parts: []usage.Part{{Kind: part, Model: part, Tokens: tokens(out, in, read)}}}
		for _, b := range books {
			p := price.Pricing{Book: b, At: now}
			got := p.Call(call)
			if reported == "" {
				checkPriced(t, got)
			}
			if got.Cost.Amount.IsKnown() == (got.Missing != "") || got.Cost.Amount.IsKnown() == (got.Cost.Status == price.Unknown) {
				t.Errorf("amount %s, status %s, missing %q", got.Cost.Amount, got.Cost.Status, got.Missing)
			}
			if amount, _ := got.Cost.Amount.Value(); amount.IsNegative() {
				t.Errorf("amount %s", amount)
			}
			checkPriced(t, p.Tokens(provider, model, tier, call.Tokens))
		}
	})
}
