package spend_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendtest"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// Every threshold of the price book is a step, at the side on which the threshold itself is.
func TestStepsCoverThePriceBook(t *testing.T) {
	b, steps, found := price.Embedded(), spend.Steps(), 0
	for _, model := range b.Models() {
		for _, provider := range b.Providers(model) {
			for _, row := range b.Rows(provider, model) {
				if row.LongContext == nil {
					continue
				}
				found++
				last := row.LongContext.Threshold
				if row.LongContext.Inclusive {
					last--
				}
				if !slices.Contains(steps, last) {
					t.Errorf("row %s: %d is no step: a later Schema is needed, with that one more", row.ID, last)
				}
			}
		}
	}
	if found == 0 || !slices.IsSorted(steps) {
		t.Errorf("%d rows with a threshold, steps %v", found, steps)
	}
}

func TestStep(t *testing.T) {
	for _, tt := range []struct{ prompt, above, upto int64 }{
		{-1, 0, 31_999}, {0, 0, 31_999}, {31_999, 0, 31_999}, {32_000, 31_999, 32_000}, {32_001, 32_000, 99_999},
		{200_000, 199_999, 200_000}, {200_001, 200_000, 255_999}, {1_000_000, 999_999, 1_000_000}, {1_000_001, 1_000_000, 0}, {math.MaxInt64, 1_000_000, 0},
	} {
		if above, upto := spend.Step(tt.prompt); above != tt.above || upto != tt.upto {
			t.Errorf("%d: above %d and upto %d, want %d and %d", tt.prompt, above, upto, tt.above, tt.upto)
		}
	}
}

// Calls that are divided into entries by Step cost exactly what they cost one by one, whatever the model.
func TestValueIsExact(t *testing.T) {
	b, r, compared := price.Embedded(), rand.New(rand.NewPCG(1, 8)), 0
	for _, model := range b.Models() {
		for _, provider := range b.Providers(model) {
			p := price.Pricing{Book: b, At: spendtest.Noon}
			entries, want := map[string]spend.Entry{}, price.Nothing()
			for range 30 {
				prompt := []int64{1 + r.Int64N(40_000), 1 + r.Int64N(600_000), spend.Steps()[r.IntN(16)]}[r.IntN(3)]
				used := usage.None()
				used.Input, used.Output = usage.Known(prompt), usage.Known(r.Int64N(3000))
				e := spendtest.Entry(1)
				e.Provider, e.Model, e.Tokens, e.Calls = provider, model, used, 1
				e.Above, e.Upto = spend.Step(prompt)
				e = e.Complete()
				if have, ok := entries[e.ID]; ok {
					sum, err := spend.Plus(have, e)
					if err != nil {
						t.Fatal(err)
					}
					e = sum
				}
				entries[e.ID] = e
				want = want.Plus(p.Call(usage.Call{Provider: provider, ServedModel: model, Coverage: usage.Complete, Tokens: used}).Cost)
			}
			got := price.Nothing()
			for _, e := range entries {
				if err := e.Check(); err != nil {
					t.Fatal(err)
				}
				got = got.Plus(spend.Value(e, p).Cost)
			}
			if !got.Amount.Equal(want.Amount) || got.Status != want.Status {
				t.Errorf("%s of %s: %s, %s; one by one %s, %s", model, provider, got.Amount, got.Status, want.Amount, want.Status)
			}
			if want.Status == price.Exact {
				compared++
			}
		}
	}
	if compared < 100 {
		t.Errorf("only %d models were compared", compared)
	}
}

// book has a model that becomes dearer on a day, and one that is dearer in some hours of the day.
const book = `{
  "schema": 1, "currency": "USD", "rates_per": 1000000, "as_of": "2026-11-22", "sources": {"s": "a source"},
  "models": [
    {"provider": "d", "id": "m", "snapshots": "date", "rows": [
      {"id": "before", "until": "2026-11-01T00:00:00Z", "tier": "standard", "rates": {"input": "1", "output": "1"}, "source": ["s"], "verified": "2026-11-22"},
      {"id": "after", "from": "2026-11-01T00:00:00Z", "tier": "standard", "rates": {"input": "2", "output": "2"}, "source": ["s"], "verified": "2026-11-22"}]},
    {"provider": "d", "id": "n", "snapshots": "date", "rows": [
      {"id": "day", "tier": "standard", "rates": {"input": "3", "output": "3"}, "source": ["s"], "verified": "2026-11-22"},
      {"id": "noon", "tier": "standard", "rates": {"input": "7", "output": "7"}, "windows": [{"from": "12:00", "until": "13:00"}], "source": ["s"], "verified": "2026-11-22"}]}
  ]}`

func TestValueThenAndNow(t *testing.T) {
	b, err := price.Load(strings.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	then, now := price.Pricing{Book: b}, price.Pricing{Book: b, At: spendtest.Noon.AddDate(0, 0, 20).Add(5 * time.Hour)}
	for _, tt := range []struct {
		name    string
		model   string
		hour    time.Time
		p       price.Pricing
		want    string
		status  price.Status
		missing string
	}{
		{"as billed then", "m", spendtest.Noon, then, "1", price.Exact, ""},
		{"as billed in the last hour", "m", spendtest.Noon.Add(11 * time.Hour), then, "1", price.Exact, ""},
		{"as billed in the first hour", "m", spendtest.Noon.Add(12 * time.Hour), then, "2", price.Exact, ""},
		{"at today's price", "m", spendtest.Noon, now, "2", price.Exact, ""},
		{"at noon", "n", spendtest.Noon, then, "7", price.Exact, ""},
		{"after noon", "n", spendtest.Noon.Add(time.Hour), then, "3", price.Exact, ""},
		{"at noon, at today's price", "n", spendtest.Noon, now, "7", price.Exact, ""},
		{"no such model", "x", spendtest.Noon, then, "unknown", price.Unknown, `no price for model "x" of provider "d" at 2026-10-31`},
		{"no book", "m", spendtest.Noon, price.Pricing{}, "unknown", price.Unknown, "no price book"},
	} {
		e := spendtest.Entry(1)
		e.Provider, e.Model, e.Hour, e.Tokens = "d", tt.model, tt.hour, usage.None()
		e.Tokens.Input = usage.Known(1_000_000)
		got := spend.Value(e, tt.p)
		if got.Cost.Amount.String() != tt.want || got.Cost.Status != tt.status || !strings.Contains(got.Missing, tt.missing) {
			t.Errorf("%s: %s, %s, %q; want %s, %s, %q", tt.name, got.Cost.Amount, got.Cost.Status, got.Missing, tt.want, tt.status, tt.missing)
		}
	}
	e := spendtest.Entry(1)
	e.Provider, e.Model, e.Unseen = "d", "m", 2
	if got := spend.Value(e, then); got.Cost.Status != price.LowerBound {
		t.Errorf("with calls unseen: %s", got.Cost.Status)
	}
}
