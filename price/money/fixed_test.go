package money

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

// numbers are amounts at the edges of what fits, in both signs.
var numbers = []string{
	"0", "0.0", "1", "9", "10", "0.1", "0.25", "1.50", "0.000001", "0.014974", "0.014973999999999999", "4.941e-05", "1e15", "1E+3",
	"9007199254740992", "9007199254740993", "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
	"340282366920938463463374607431768211455", "340282366920938463463374607431768211456", "0.0000000000000000000000000000000000000001",
	"99999999999999999999999999999999999999.9999999999999999999999", "0.1000000000000000000000000000000000000000", "123456789.123456789",
	"1.8446744073709551615", "0.18446744073709551616", "12345678901234567.8901234567890123456789",
}

func signed() []string {
	var out []string
	for _, s := range numbers {
		out = append(out, s, "-"+s)
	}
	return out
}

// slow is the same amount by decimals of any size only.
func slow(t testing.TB, s string) decimal.Decimal {
	t.Helper()
	d, err := decimal.NewFromString(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// agree holds everything that an amount shows against the decimal that it stands for.
func agree(t testing.TB, what string, got USD, want decimal.Decimal) {
	t.Helper()
	float, _ := want.Float64()
	rounded := want.StringFixedBank(2)
	if got.String() != want.String() || got.Float64() != float || got.Fixed(2) != rounded || got.IsZero() != want.IsZero() || got.IsNegative() != want.IsNegative() {
		t.Fatalf("%s = %s (%v, %s), want %s (%v, %s)", what, got, got.Float64(), got.Fixed(2), want, float, rounded)
	}
}

func pair(t testing.TB, a, b string) {
	t.Helper()
	m, errM := Parse(a)
	n, errN := Parse(b)
	if errM != nil || errN != nil {
		return
	}
	x, y := slow(t, a), slow(t, b)
	agree(t, a, m, x)
	agree(t, a+" + "+b, m.Plus(n), x.Add(y))
	agree(t, a+" - "+b, m.Minus(n), x.Sub(y))
	agree(t, a+" x "+b, m.Scale(Factor(n)), x.Mul(y))
	agree(t, a+" by a million", m.PerMillion(), x.Shift(-6))
	agree(t, a+" by a thousand", m.PerThousand(), x.Shift(-3))
	for _, k := range []int64{0, 1, -1, 1_000_003, 1<<63 - 1, -1 << 63} {
		agree(t, fmt.Sprintf("%s x %d", a, k), m.Times(k), x.Mul(decimal.NewFromInt(k)))
	}
	if m.Cmp(n) != x.Cmp(y) || m.Equal(n) != x.Equal(y) {
		t.Fatalf("%s and %s compare as %d, want %d", a, b, m.Cmp(n), x.Cmp(y))
	}
	if Apart(m, n) != (x.Sub(y).Abs().Mul(decimal.NewFromInt(100)).Cmp(y.Abs()) > 0) {
		t.Fatalf("%s and %s: apart %v", a, b, Apart(m, n))
	}
}

// Amounts of 128 bits, and those that do not fit, are the decimals that they stand for, in every operation.
func TestFixedIsDecimal(t *testing.T) {
	for _, a := range signed() {
		for _, b := range signed() {
			pair(t, a, b)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 3_000 {
		pair(t, random(r), random(r))
	}
}

// Long sums pass from one form to the other without losing a digit.
func TestSumsOfFixed(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		var sum USD
		want := decimal.Zero
		for range 300 {
			s := random(r)
			m, err := Parse(s)
			if err != nil {
				t.Fatal(err)
			}
			if r.IntN(3) > 0 {
				sum, want = sum.Plus(m), want.Add(slow(t, s))
			} else {
				sum, want = sum.Minus(m), want.Sub(slow(t, s))
			}
			agree(t, "sum", sum, want)
		}
	}
}

// random is an amount of up to 30 digits with a point anywhere.
func random(r *rand.Rand) string {
	var b strings.Builder
	if r.IntN(4) == 0 {
		b.WriteByte('-')
	}
	b.WriteByte(byte('1' + r.IntN(9)))
	for range r.IntN(15) {
		b.WriteByte(byte('0' + r.IntN(10)))
	}
	if n := r.IntN(20); n > 0 {
		b.WriteByte('.')
		for range n {
			b.WriteByte(byte('0' + r.IntN(10)))
		}
	}
	return b.String()
}

// Amounts of the size of what a trial costs are not wide: nothing is allocated to add them up.
func TestAmountsFit(t *testing.T) {
	m, rate, f := Must("0.014973999999999999"), Must("37.5"), Factor(Must("0.875"))
	var sum USD
	if n := testing.AllocsPerRun(100, func() {
		for range 1000 {
			sum = sum.Plus(m).Plus(rate.Times(1_234_567).PerMillion().Scale(f))
		}
		_ = m.Float64()
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if sum.v.wide != nil {
		t.Errorf("%s is wide", sum)
	}
}

// FuzzFixed holds two amounts against decimals of any size.
func FuzzFixed(f *testing.F) {
	f.Add("0.1", "0.2")
	f.Add("340282366920938463463374607431768211455", "-1e-40")
	f.Add("18446744073709551615", "0.18446744073709551616")
	f.Fuzz(func(t *testing.T, a, b string) { pair(t, a, b) })
}

// An amount of known digits is the one that its text is parsed as.
func TestDecimalIsParsed(t *testing.T) {
	for _, n := range []int64{0, 1, 7175, 999_999_999_999_999_999} {
		for places := range 18 {
			agree(t, fmt.Sprintf("%d by %d places", n, places), Decimal(n, places), decimal.New(n, -int32(places)))
		}
	}
}
