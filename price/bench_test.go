package price_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// BenchmarkCall prices one call with three classes and reports how many times as long that takes as the
// multiplications and additions alone ("x-plain"), measured in the same process.
func BenchmarkCall(b *testing.B) {
	p := pricing()
	call := complete()
	call.Tokens = tokens(20_000, 100_000, 1_500)
	in, read, out := decimal.RequireFromString("5"), decimal.RequireFromString("0.5"), decimal.RequireFromString("30")
	plain := func() decimal.Decimal {
		return in.Mul(decimal.NewFromInt(20_000)).Shift(-6).
			Add(read.Mul(decimal.NewFromInt(100_000)).Shift(-6)).
			Add(out.Mul(decimal.NewFromInt(1_500)).Shift(-6))
	}
	if got, want := p.Call(call).Cost.Amount.String(), plain().String(); got != want {
		b.Fatalf("cost %s, want %s", got, want)
	}
	start := time.Now()
	for range b.N {
		plain()
	}
	alone := time.Since(start)
	var last price.Priced
	b.ResetTimer()
	start = time.Now()
	for range b.N {
		last = p.Call(call)
	}
	b.ReportMetric(float64(time.Since(start))/float64(alone), "x-plain")
	if last.Cost.Status != price.Exact || len(last.Lines) != 3 || last.Lines[0].Class != usage.Input {
		b.Fatalf("priced %+v", last)
	}
}
