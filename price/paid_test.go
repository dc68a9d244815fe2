package price_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// written is a count of tokens of one class and of no other.
func written(c usage.Class, n int64) usage.Tokens {
	t := usage.None()
	t.Set(c, usage.Known(n))
	return t
}

// TestRowsWithoutAWriteRate: most providers charge more for writing to the cache than for input, so a row of the
// configuration that has no rate for it gives a bound. The book's own rows say what they mean.
func TestRowsWithoutAWriteRate(t *testing.T) {
	plain := price.Override{Provider: "anthropic", Model: "plain", Rates: rates("3", "15")}
	refused := plain
	refused.Model, refused.Refuse = "refused", []usage.Class{usage.CacheCreation1h, usage.CacheRead}
	untold := plain
	untold.Model, untold.Rates = "untold", rates("3", "15")
	untold.Rates[usage.CacheCreation] = price.MustMoney("3.75")
	timed := plain
	timed.Model, timed.Rates, timed.Refuse = "timed", rates("3", "15"), []usage.Class{usage.CacheCreation30m, usage.CacheCreation12h}
	timed.Rates[usage.CacheCreation5m], timed.Rates[usage.CacheCreation1h] = price.MustMoney("3.75"), price.MustMoney("6")
	long := timed
	long.Model, long.LongContext = "long", &price.OverrideBand{Threshold: 1000, Rates: rates("6", "30")}
	p := price.Pricing{Book: with(t, price.Embedded(), plain, refused, untold, timed, long), At: now}
	const noRate, noTime = "the row of the configuration has no rate for what is written to the cache", "how long the cache keeps"
	for _, c := range []struct {
		name, model string
		tokens      usage.Tokens
		want        string
		status      price.Status
		note        string
	}{
		{"read without a rate is input", "plain", written(usage.CacheRead, 1_000_000), "3", price.Exact, ""},
		{"nothing written", "plain", tokens(1_000_000, 0, 0), "3", price.Exact, ""},
		{"for 5 minutes", "plain", written(usage.CacheCreation5m, 1_000_000), "3", price.LowerBound, noRate},
		{"for 1 hour", "plain", written(usage.CacheCreation1h, 1_000_000), "3", price.LowerBound, noRate},
		{"for a time that is not told", "plain", written(usage.CacheCreation, 1_000_000), "3", price.LowerBound, noRate},
		{"refused", "refused", written(usage.CacheCreation1h, 1_000_000), "unknown", price.Unknown, ""},
		{"beside a refused one", "refused", written(usage.CacheCreation5m, 1_000_000), "3", price.LowerBound, noRate},
		{"read and refused", "refused", written(usage.CacheRead, 1), "unknown", price.Unknown, ""},
		{"a rate for no time", "untold", written(usage.CacheCreation, 1_000_000), "3.75", price.Exact, ""},
		{"a rate for no time, a time told", "untold", written(usage.CacheCreation1h, 1_000_000), "3", price.LowerBound, noRate},
		{"a rate for each time", "timed", written(usage.CacheCreation1h, 1_000_000), "6", price.Exact, ""},
		{"a rate for each time, none told", "timed", written(usage.CacheCreation, 1_000_000), "3.75", price.LowerBound, noTime},
		{"a band without the rates", "long", written(usage.CacheCreation1h, 1_000_000), "6", price.LowerBound, noRate},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := p.Call(usage.Call{Provider: "anthropic", ServedModel: c.model, Coverage: usage.Complete, Tokens: c.tokens})
			checkPriced(t, got)
			if got.Cost.Amount.String() != c.want || got.Cost.Status != c.status {
				t.Errorf("%s, %s; want %s, %s", got.Cost.Amount, got.Cost.Status, c.want, c.status)
			}
			notes := strings.Join(got.Notes, "\n")
			if !strings.Contains(notes, c.note) || c.note == "" && (strings.Contains(notes, noRate) || strings.Contains(notes, noTime)) {
				t.Errorf("notes %q, want %q", notes, c.note)
			}
		})
	}
	r, err := p.List("anthropic", "plain", "")
	if err != nil || r.CacheRead.String() != "3" || r.CacheCreation1h.IsKnown() || r.CacheCreation.IsKnown() {
		t.Errorf("rates %+v, %v; want cached input at 3 and no rate for what is written", r, err)
	}
}

// TestPaidAndList: a row of the configuration says what is paid. No contract touches it, and the list price beside it
// is the book's, so that the sums of the two stay apart.
func TestPaidAndList(t *testing.T) {
	opus := price.Override{Provider: "anthropic", Model: "claude-opus-4-8", Rates: rates("4", "20"), Until: at("2026-12-01T00:00:00Z")} // list: 5 and 25
	bare := price.Override{Provider: "anthropic", Model: "claude-next", Rates: rates("2", "10")}
	flex := price.Override{Provider: "anthropic", Model: "claude-opus-4-8", Tier: "flex", Rates: rates("1", "2")}
	b := with(t, with(t, price.Embedded(), opus), bare, flex) // in two steps, as the configuration's reader does
	discounts := []price.Discount{{Provider: "anthropic", Multiplier: factor(t, "0.5")}, {Provider: "anthropic", Model: "claude-opus-4-8", Multiplier: factor(t, "0.1")}}
	call := func(model string) usage.Call {
		return usage.Call{Provider: "anthropic", ServedModel: model, Coverage: usage.Complete, Tokens: tokens(1_000_000, 0, 0)}
	}
	for _, c := range []struct {
		name      string
		discounts []price.Discount
		at        time.Time
		change    func(*usage.Call)
		model     string
		want      price.Cost
	}{
		{"beside the book's", nil, now, nil, "claude-opus-4-8", price.Cost{Amount: usd("4"), Status: price.Exact, List: usd("5"), Billed: usd("4")}},
		{"under a contract", discounts, now, nil, "claude-opus-4-8", price.Cost{Amount: usd("4"), Status: price.Exact, List: usd("5"), Billed: usd("4")}},
		{"where the book has no model", discounts, now, nil, "claude-next", price.Cost{Amount: usd("2"), Status: price.Exact, List: usd("2"), Billed: usd("2")}},
		{"where the book has no tier", discounts, now, func(c *usage.Call) { c.ServedTier = "flex" }, "claude-opus-4-8", price.Cost{Amount: usd("1"), Status: price.Exact, List: usd("1"), Billed: usd("1")}},
		{"another model under the contract", discounts, now, nil, "claude-haiku-4-5", price.Cost{Amount: usd("0.5"), Status: price.Exact, List: usd("1"), Billed: usd("0.5")}},
		{"when the row has ended", discounts, at("2026-12-02T00:00:00Z"), nil, "claude-opus-4-8", price.Cost{Amount: usd("0.5"), Status: price.Exact, List: usd("5"), Billed: usd("0.5")}},
		{"surcharges are on both", nil, now, func(c *usage.Call) { c.Attributes = map[string]string{"inference_geo": "us"} }, "claude-opus-4-8", price.Cost{Amount: usd("4.4"), Status: price.Exact, List: usd("5.5"), Billed: usd("4.4")}},
		{"fees are on both, and not discounted", discounts, now, func(c *usage.Call) { c.Requests = map[string]int64{"web_search": 1} }, "claude-opus-4-8", price.Cost{Amount: usd("4.01"), Status: price.Exact, List: usd("5.01"), Billed: usd("4.01")}},
		{"a bound beside an exact list price", nil, now, func(c *usage.Call) { c.Tokens = written(usage.CacheCreation1h, 1_000_000) }, "claude-opus-4-8", price.Cost{Amount: usd("4"), Status: price.LowerBound, List: usd("10"), Billed: usd("4")}},
		{"a surcharge that nobody knows", nil, now, func(c *usage.Call) { c.ServedTier = "batch"; c.Attributes = map[string]string{"speed": "fast"} }, "claude-next", price.Cost{}},
		{"a part by the book under the contract", discounts, now, func(c *usage.Call) {
			c.Parts = []usage.Part{{Kind: "advisor_message", Model: "claude-haiku-4-5", Tokens: tokens(1_000_000, 0, 0)}}
		}, "claude-opus-4-8", price.Cost{Amount: usd("4.5"), Status: price.Exact, List: usd("6"), Billed: usd("4.5")}},
		{"a part by the book, billed is not known", nil, now, func(c *usage.Call) {
			c.Parts = []usage.Part{{Kind: "advisor_message", Model: "claude-haiku-4-5", Tokens: tokens(1_000_000, 0, 0)}}
		}, "claude-opus-4-8", price.Cost{Amount: usd("5"), Status: price.Exact, List: usd("6")}},
		{"a part by the configuration", nil, now, func(c *usage.Call) {
			c.Parts = []usage.Part{{Kind: "advisor_message", Model: "claude-opus-4-8", Tokens: tokens(1_000_000, 0, 0)}}
		}, "claude-haiku-4-5", price.Cost{Amount: usd("5"), Status: price.Exact, List: usd("6")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := call(c.model)
			if c.change != nil {
				c.change(&x)
			}
			got := price.Pricing{Book: b, At: c.at, Discounts: c.discounts}.Call(x)
			if diff := cmp.Diff(c.want, got.Cost); diff != "" {
				t.Errorf("cost (-want +got; missing %q):\n%s", got.Missing, diff)
			}
			if c.discounts == nil {
				checkPriced(t, got)
			}
		})
	}
	p := price.Pricing{Book: b, At: now, Discounts: discounts}
	want := price.Cost{Amount: usd("4"), Status: price.Exact, List: usd("5"), Billed: usd("4")}
	if diff := cmp.Diff(want, p.Tokens("anthropic", "claude-opus-4-8", "", tokens(1_000_000, 0, 0)).Cost); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
	sum := p.Call(call("claude-opus-4-8")).Cost.Plus(p.Call(call("claude-haiku-4-5")).Cost)
	if want := (price.Cost{Amount: usd("4.5"), Status: price.Exact, List: usd("6"), Billed: usd("4.5")}); !cmp.Equal(want, sum) {
		t.Errorf("sum %+v, want %+v", sum, want)
	}
}

// TestNoSurerListPrice: the list price beside a price of the configuration is not less sure than it.
func TestNoSurerListPrice(t *testing.T) {
	o := price.Override{Provider: "anthropic", Model: "claude-opus-4-8", Rates: rates("4", "20")}
	o.Rates[usage.CacheCreation] = price.MustMoney("4.5")
	o.Rates[usage.CacheRead] = price.MustMoney("1")
	got := price.Pricing{Book: with(t, price.Embedded(), o), At: now}.Call(usage.Call{Provider: "anthropic", ServedModel: "claude-opus-4-8",
		Coverage: usage.Complete, Tokens: written(usage.CacheCreation, 1_000_000)})
	if want := (price.Cost{Amount: usd("4.5"), Status: price.Exact, Billed: usd("4.5")}); !cmp.Equal(want, got.Cost) {
		t.Errorf("cost %+v, want %+v: by the book it is a bound", got.Cost, want)
	}
}

// TestTraitsOfOwnRows: a model of the user's own pays a surcharge if its row says so, and is asked for where it does
// not; what the book says of a model stays unless it is given.
func TestTraitsOfOwnRows(t *testing.T) {
	yes, no := true, false
	row := func(provider, model string, residency, geo *bool) price.Override {
		return price.Override{Provider: provider, Model: model, Rates: rates("1", "1"), Residency: residency, Geo: geo}
	}
	b := with(t, price.Embedded(), row("openai", "silent", nil, nil), row("openai", "pays", &yes, nil), row("openai", "free", &no, nil),
		row("anthropic", "silent", nil, nil), row("anthropic", "pays", nil, &yes), row("anthropic", "wrong", &yes, nil), row("vertex", "pays", nil, &yes),
		row("anthropic", "claude-opus-4-6", nil, nil), row("anthropic", "claude-opus-4-8", nil, &no))
	for _, c := range []struct{ name, provider, model, attribute, value, want, missing string }{
		{"residency, not told", "openai", "silent", "data_residency", "eu", "unknown", `"residency: true" or "residency: false" in its row under prices.rows`},
		{"residency", "openai", "pays", "data_residency", "eu", "1.1", ""},
		{"no residency", "openai", "free", "data_residency", "eu", "1", ""},
		{"geo, not told", "anthropic", "silent", "inference_geo", "us", "unknown", `"geo: true" or "geo: false" in its row under prices.rows`},
		{"geo", "anthropic", "pays", "inference_geo", "us", "1.1", ""},
		{"the other trait", "anthropic", "wrong", "inference_geo", "us", "unknown", `"geo: true"`},
		{"location", "vertex", "pays", "location", "europe-west1", "1.1", ""},
		{"as the book has it", "anthropic", "claude-opus-4-6", "inference_geo", "us", "1.1", ""},
		{"not as the book has it", "anthropic", "claude-opus-4-8", "inference_geo", "us", "1", ""},
		{"an attribute that no trait helps with", "openai", "pays", "mood", "good", "unknown", "a newer price book may have it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := price.Pricing{Book: b, At: now}.Call(usage.Call{Provider: c.provider, ServedModel: c.model, Coverage: usage.Complete,
				Tokens: tokens(1_000_000, 0, 0), Attributes: map[string]string{c.attribute: c.value}})
			if got.Cost.Amount.String() != c.want || !strings.Contains(got.Missing, c.missing) {
				t.Errorf("%s (missing %q), want %s (%q)", got.Cost.Amount, got.Missing, c.want, c.missing)
			}
			if c.attribute == "mood" && strings.Contains(got.Missing, "true") {
				t.Errorf("missing %q advises what does not help", got.Missing)
			}
		})
	}
	before := price.Pricing{Book: price.Embedded(), At: now}.Call(usage.Call{Provider: "anthropic", ServedModel: "claude-opus-4-8", Coverage: usage.Complete,
		Tokens: tokens(1_000_000, 0, 0), Attributes: map[string]string{"inference_geo": "us"}})
	if before.Cost.Amount.String() != "5.5" {
		t.Errorf("the embedded book was changed: %s", before.Cost.Amount)
	}
	digest := with(t, price.Embedded(), row("openai", "x", nil, nil)).Digest()
	if digest == with(t, price.Embedded(), row("openai", "x", &yes, nil)).Digest() || digest == with(t, price.Embedded(), row("openai", "x", nil, &no)).Digest() {
		t.Error("the digest does not cover the traits")
	}
}

// TestPartsOfAnotherModel: what is told of a call's speed and tier is told of its own model. A part with another one
// was served in the same place and batch.
func TestPartsOfAnotherModel(t *testing.T) {
	const speed, tier = "speed", "tier"
	for _, c := range []struct {
		name, model, tier string
		attributes        map[string]string
		part              usage.Part
		want              string
		status            price.Status
	}{
		{"opus 4.6 beside a fast opus 4.8", "claude-opus-4-8", "", map[string]string{speed: "fast"}, usage.Part{Model: "claude-opus-4-6"}, "5", price.LowerBound},
		{"haiku beside a fast opus 4.8", "claude-opus-4-8", "", map[string]string{speed: "fast"}, usage.Part{Model: "claude-haiku-4-5"}, "1", price.LowerBound},
		{"the same model by name", "claude-opus-4-8", "", map[string]string{speed: "fast"}, usage.Part{Model: "claude-opus-4-8-20260101"}, "10", price.Exact},
		{"no model of its own", "claude-opus-4-8", "", map[string]string{speed: "fast"}, usage.Part{}, "10", price.Exact},
		{"beside one of standard speed", "claude-opus-4-8", "", map[string]string{speed: "standard"}, usage.Part{Model: "claude-opus-4-6"}, "5", price.Exact},
		{"in a place", "claude-opus-4-8", "", map[string]string{"inference_geo": "us"}, usage.Part{Model: "claude-opus-4-6"}, "5.5", price.Exact},
		{"in a place, fast", "claude-opus-4-8", "", map[string]string{"inference_geo": "us", speed: "fast"}, usage.Part{Model: "claude-opus-4-6"}, "5.5", price.LowerBound},
		{"in a batch", "claude-opus-4-8", "batch", nil, usage.Part{Model: "claude-haiku-4-5"}, "0.5", price.Exact},
		{"in a better tier", "gpt-5.5", "priority", nil, usage.Part{Model: "gpt-5.4"}, "2.5", price.LowerBound},
		{"in a tier by its other name", "gpt-5.5", "default", nil, usage.Part{Model: "gpt-5.4"}, "2.5", price.Exact},
		{"in a cheaper tier", "gpt-5.5", "flex", nil, usage.Part{Model: "gpt-5.4"}, "1.25", price.LowerBound},
		{"in a tier that changes nothing", "openai/gpt-oss-120b", "flex", nil, usage.Part{Model: "openai/gpt-oss-20b"}, "", price.Exact},
		{"a model that nobody knows", "claude-opus-4-8", "", map[string]string{speed: "fast"}, usage.Part{Model: "x"}, "unknown", price.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			provider := pricing().Book.Providers(c.model)
			if len(provider) == 0 {
				t.Fatalf("the book has no %s", c.model)
			}
			call := usage.Call{Provider: provider[0], ServedModel: c.model, ServedTier: c.tier, Attributes: c.attributes, Coverage: usage.Complete, Tokens: usage.None()}
			for _, p := range []string{"anthropic", "openai", "groq"} {
				if strings.Contains(strings.Join(provider, " "), p) {
					call.Provider = p
				}
			}
			c.part.Kind, c.part.Tokens = "advisor_message", tokens(100_000, 0, 0)
			call.Parts = []usage.Part{c.part}
			got := pricing().Call(call)
			checkPriced(t, got)
			if c.want != "unknown" && c.want != "" {
				c.want = price.MustMoney(c.want).Times(100_000).PerMillion().String()
			}
			if c.want != "" && got.Cost.Amount.String() != c.want || got.Cost.Status != c.status {
				t.Errorf("%s, %s (missing %q); want %s, %s", got.Cost.Amount, got.Cost.Status, got.Missing, c.want, c.status)
			}
			if said := strings.Contains(strings.Join(got.Notes, "\n"), "is not told: at least this much"); said != (c.status == price.LowerBound) {
				t.Errorf("notes %q", got.Notes)
			}
		})
	}
}

// TestNotUnderstoodIsSaidOnce: the problem of a call that was seen in part names the fields already.
func TestNotUnderstoodIsSaidOnce(t *testing.T) {
	for _, c := range []struct {
		name, problem, reported string
		coverage                usage.Coverage
	}{
		{"complete", "", "", usage.Complete},
		{"partial", "usage fields that are not understood: x_tokens, y_tokens", "", usage.Partial},
		{"partial for another reason", "cut off", "", usage.Partial},
		{"partial and reported", "counts that are not understood: x_tokens, y_tokens", "0.008", usage.Partial},
		{"missing", "usage fields that are not understood: x_tokens, y_tokens", "", usage.Missing},
		{"missing for another reason", "no usage", "", usage.Missing},
	} {
		t.Run(c.name, func(t *testing.T) {
			call := complete()
			call.Coverage, call.Problem, call.ReportedUSD, call.Unclassified = c.coverage, c.problem, c.reported, []string{"x_tokens", "y_tokens"}
			got := pricing().Call(call)
			if said := strings.Count(strings.Join(append(got.Notes, got.Missing), "\n"), "x_tokens"); said != 1 {
				t.Errorf("said %d times: notes %q, missing %q", said, got.Notes, got.Missing)
			}
		})
	}
}

func TestTier(t *testing.T) {
	for _, c := range []struct{ provider, tier, want string }{
		{"openai", "", "standard"}, {"openai", "Default", "standard"}, {"x", "on_demand", "standard"}, {"openai", "auto", "standard"},
		{"openai", "fast", "priority"}, {"openai", "FLEX", "flex"}, {"anthropic", "fast", "fast"}, {"nobody", "Warp", "warp"},
	} {
		if got := price.Embedded().Tier(c.provider, c.tier); got != c.want {
			t.Errorf("%s %q: got %q, want %q", c.provider, c.tier, got, c.want)
		}
	}
	var none *price.Book
	if got := none.Tier("openai", "Fast"); got != "fast" {
		t.Errorf("an empty book has %q for fast", got)
	}
}
