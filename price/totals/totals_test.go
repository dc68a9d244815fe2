package totals_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/price/totals"
	"github.com/pertask/pertask/usage"
)

var at = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// tokens are totals with zeros, unknown counts, and counts on both sides of every threshold.
func tokens(r *rand.Rand) usage.Tokens {
	t := usage.None()
	for _, c := range usage.Classes() {
		switch r.IntN(40) {
		case 0:
			t.Set(c, usage.Count{})
		case 1:
			t.Set(c, usage.Known(200_000))
		case 2:
			t.Set(c, usage.Known(1<<62))
		case 3, 4, 5, 6, 7, 8, 9, 10, 11, 12:
			t.Set(c, usage.Known(r.Int64N(300_000)))
		}
	}
	return t
}

// Whatever a model's row and whatever was consumed, the price is that of package price.
func TestTotalsAreThoseOfThePricing(t *testing.T) {
	book := price.Embedded()
	half, err := price.ParseFactor("0.5")
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	pricings := map[string]price.Pricing{
		"plain":         {Book: book, At: at},
		"with discount": {Book: book, At: at, Discounts: []price.Discount{{Provider: "openai", Multiplier: half}}},
		"without book":  {At: at},
		"empty":         {},
	}
	n, plain := 0, 0
	for name, p := range pricings {
		for _, model := range append(book.Models(), "nobody", "") {
			if r.IntN(4) > 0 && model != "" {
				continue // every model takes long
			}
			for _, provider := range append(book.Providers(model), "nobody", "") {
				all := totals.New(p, provider, model, "")
				for range 4 {
					used := tokens(r)
					got, want := all.Price(&used), p.Tokens(provider, model, "", used)
					if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
						t.Fatalf("%s: %s of %q for %+v (-want +got):\n%s", name, model, provider, used, diff)
					}
					n++
					if got.Cost.Status == price.Exact {
						plain++
					}
				}
			}
		}
	}
	if plain < n/20 {
		t.Errorf("%d of %d prices are known: too few to show anything", plain, n)
	}
}

// A trial of a known model is priced without taking memory.
func TestTotalsAllocateNothing(t *testing.T) {
	all := totals.New(price.Pricing{Book: price.Embedded(), At: at}, "openai", "gpt-5.5", "")
	used := usage.None()
	used.Input, used.CacheRead, used.Output = usage.Known(1234), usage.Known(50_000), usage.Known(777)
	if got := all.Price(&used); got.Cost.Status != price.Exact || len(got.Lines) != 3 {
		t.Fatalf("%+v", got)
	}
	if n := testing.AllocsPerRun(100, func() { all.Price(&used) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
