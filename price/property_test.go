package price_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// someCall draws a call of any kind to a model of a book; many cannot be priced.
func someCall(r *rand.Rand, b *price.Book, models []string) usage.Call {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	count := func() usage.Count {
		switch r.IntN(12) {
		case 0:
			return usage.Count{}
		case 1, 2, 3, 4:
			return usage.Known(0)
		case 5:
			return usage.Known(r.Int64())
		default:
			return usage.Known(r.Int64N(400_000))
		}
	}
	some := func() (t usage.Tokens) {
		for _, c := range usage.Classes() {
			t.Set(c, count())
		}
		for _, c := range []usage.Class{usage.CacheCreation, usage.CacheCreation30m, usage.CacheCreation12h} {
			t.Set(c, usage.Known(0)) // most models refuse one of them
		}
		t.Reasoning = count()
		return t
	}
	model := pick(models...)
	c := usage.Call{Schema: usage.CallSchema, Time: now, Provider: pick(b.Providers(model)...), RequestedModel: model,
		ServedTier: pick("", "standard", "priority", "flex", "batch", "x"), Coverage: usage.Complete, Tokens: some()}
	if r.IntN(4) == 0 {
		c.Coverage = usage.Coverage(pick("partial", "partial", "unbilled", ""))
	}
	if r.IntN(3) == 0 {
		c.Attributes = map[string]string{pick("inference_geo", "speed", "data_residency"): pick("us", "fast", "")}
	}
	if r.IntN(4) == 0 {
		c.Requests = map[string]int64{pick("web_search", "web_fetch", "maps"): r.Int64N(5) - 1}
	}
	for range r.IntN(3) {
		c.Parts = append(c.Parts, usage.Part{Kind: "compaction", Model: pick("", "", model, "x"), Tokens: some()})
	}
	if r.IntN(4) == 0 {
		c.ReportedUSD, c.ReportedUpstreamUSD = pick("0", "0.01", "1e-05", "x"), pick("", "", "0.5")
	}
	return c
}

// someBook is the embedded book with two rows of the user's own, and the models to draw from.
func someBook(t testing.TB) (*price.Book, []string) {
	b := with(t, price.Embedded(),
		price.Override{Provider: "openai", Model: "gpt-5.5", Rates: rates("4.1", "20.3"), LongContext: &price.OverrideBand{Threshold: 100_000, Rates: rates("8.2", "40.6")}},
		price.Override{Provider: "self", Model: "llama", Rates: rates("0.001", "0.002")})
	return b, append(b.Models(), slices.Repeat([]string{"gpt-5.5", "llama"}, 30)...) // drawn often enough
}

// TestRepricingIsTheIdentity: a call that was written as JSON and read again costs the same and for the same
// reasons, to the last digit and note.
func TestRepricingIsTheIdentity(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	b, models := someBook(t)
	p := price.Pricing{Book: b, At: now, Discounts: []price.Discount{{Provider: "google", Multiplier: factor(t, "0.875")}}}
	statuses := map[price.Status]int{}
	for range 3000 {
		call := someCall(r, b, models)
		text, err := json.Marshal(call)
		if err != nil {
			t.Fatal(err)
		}
		var again usage.Call
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatal(err)
		}
		first, second := p.Call(call), p.Call(again)
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatalf("%s\n(-first +again):\n%s", text, diff)
		}
		statuses[first.Cost.Status]++
		cost, err := json.Marshal(first.Cost)
		if err != nil {
			t.Fatal(err)
		}
		var stored price.Cost
		if err := json.Unmarshal(cost, &stored); err != nil || !cmp.Equal(first.Cost, stored) {
			t.Fatalf("cost %s is read as %+v, %v", cost, stored, err)
		}
	}
	for s := price.Unknown; s <= price.Exact; s++ {
		if statuses[s] < 30 {
			t.Errorf("only %d calls are %s", statuses[s], s)
		}
	}
}

// TestLinesAddUp: whatever was priced, its lines and fees are the list price; without a report and without a
// contract that is the amount.
func TestLinesAddUp(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	b, models := someBook(t)
	p := price.Pricing{Book: b, At: now}
	priced, parts, own := 0, 0, 0
	for range 3000 {
		call := someCall(r, b, models)
		call.ReportedUSD = ""
		got := p.Call(call)
		checkPriced(t, got)
		if !got.Cost.Amount.IsKnown() {
			continue
		}
		switch billed := got.Cost.Billed; {
		case strings.HasPrefix(got.Row, "config/"):
			if billed.IsKnown() && !billed.Equal(got.Cost.Amount) {
				t.Fatalf("by the configuration: cost %+v", got.Cost)
			}
			own++
		case !configured(got):
			if !got.Cost.Amount.Equal(got.Cost.List) || billed.IsKnown() != (call.Coverage == usage.Unbilled) {
				t.Fatalf("cost %+v", got.Cost)
			}
		}
		priced++
		for _, l := range got.Lines {
			if l.Part != "" {
				parts++
			}
		}
	}
	if priced < 500 || parts < 200 || own < 20 {
		t.Errorf("%d calls were priced, %d lines of parts, %d calls by the configuration", priced, parts, own)
	}
}

// TestPartsCostWhatCallsCost: a call with parts costs what its tokens and each part cost as calls of their own.
func TestPartsCostWhatCallsCost(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	b, models := someBook(t)
	p := price.Pricing{Book: b, At: now, Discounts: []price.Discount{{Provider: "openai", Multiplier: factor(t, "0.875")}}}
	compared := 0
	for range 3000 {
		call := someCall(r, b, models)
		call.ReportedUSD, call.Coverage = "", usage.Complete
		alone := call
		alone.Parts, alone.Requests = nil, nil
		own := alone
		own.Requests = call.Requests
		costs := []price.Cost{p.Call(own).Cost}
		for _, part := range call.Parts {
			alone.Tokens, alone.ServedModel = part.Tokens, part.Model
			costs = append(costs, p.Call(alone).Cost)
		}
		got, want := p.Call(call).Cost, price.Sum(costs...)
		if len(costs) == 1 {
			want = costs[0]
		}
		if !got.Amount.Equal(want.Amount) || got.Status != want.Status {
			t.Fatalf("%s (%s), want %s (%s)", got.Amount, got.Status, want.Amount, want.Status)
		}
		if len(costs) > 1 && got.Amount.IsKnown() {
			compared++
		}
	}
	if compared < 100 {
		t.Errorf("compared %d calls with parts", compared)
	}
}

// TestOverridesShadowOnlyTheirOwn: calls that no row of the user's is for cost what they cost before.
func TestOverridesShadowOnlyTheirOwn(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	b, _ := someBook(t)
	models := price.Embedded().Models()
	before, after := price.Pricing{Book: price.Embedded(), At: now}, price.Pricing{Book: b, At: now}
	same, other := 0, 0
	for range 3000 {
		call := someCall(r, price.Embedded(), models)
		call.Parts = nil
		was, is := before.Call(call), after.Call(call)
		if is.Row == "config/openai/gpt-5.5/standard" {
			other++
			continue
		}
		same++
		if diff := cmp.Diff(was, is); diff != "" {
			t.Fatalf("%s/%s (-before +after):\n%s", call.Provider, call.RequestedModel, diff)
		}
	}
	if same < 1000 || other == 0 {
		t.Errorf("%d calls stayed, %d changed", same, other)
	}
}

// TestEveryMinuteHasOneRow: at every minute of two weeks around the turn of a year, the row that is used is one
// whose hours hold, worked out here by hand.
func TestEveryMinuteHasOneRow(t *testing.T) {
	b := load(t, peaked)
	for minute := range 14 * 24 * 60 {
		at := time.Date(2026, 12, 25, 0, minute, 0, 0, time.UTC)
		hour, workday := at.Hour(), at.Weekday() != time.Saturday && at.Weekday() != time.Sunday
		want := "2"
		if workday && (hour >= 1 && hour < 4 || hour >= 6 && hour < 10) {
			if want = "4"; at.Year() == 2027 {
				want = "unknown"
			}
		}
		if got := (price.Pricing{Book: b, At: at}).Call(million("m")).Cost.Amount.String(); got != want {
			t.Fatalf("%s: %s, want %s", at, got, want)
		}
	}
}
