package figure

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/pertask/pertask/price"
)

// extremes are values that no honest measurement has.
var extremes = []float64{
	nan, inf, -inf, 0, math.Copysign(0, -1), 1, -1,
	math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64,
	1e15, 999999999999999, 1e-13, 1e-6, 0.9999999999999999, 1.0000000000000002, 1e308, 1e-308,
}

// written is everything that this package writes of one number or two.
func written(a, b float64) map[string]string {
	x, y := Number(a), Number(b)
	return map[string]string{
		"Significant":       Significant(a, 3),
		"Significant to 15": Significant(a, 15),
		"Times":             Times(x, b),
		"Interval":          Interval(x, y, 0.95, 1),
		"Interval at":       Interval(0.5, 2, a, b),
		"Range":             Range(x, y, 1),
		"Level":             Level(a),
		"Count":             Count(x),
		"Percent":           Percent(x),
		"Points":            Points(x),
		"Drop":              Drop(a),
		"Within":            Within(x, y, y, b),
		"Within an unknown": Within(1, x, y, 0.95),
		"Duration":          Duration(x),
		"Change":            Change(a, b),
		"PerTask":           PerTask(Quotient(a)),
	}
}

// TestNoNumberIsTooMuch holds that whatever the number, no text says NaN or Inf, is long, or has a character that a
// format would have to escape.
func TestNoNumberIsTooMuch(t *testing.T) {
	for _, a := range extremes {
		for _, b := range extremes {
			for name, s := range written(a, b) {
				check(t, name, a, b, s)
			}
		}
	}
}

func check(t *testing.T, name string, a, b float64, s string) {
	t.Helper()
	if strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
		t.Errorf("%s of %v and %v: %q", name, a, b, s)
	}
	// A cost may have all the digits of an amount, which are at most 40 before the point.
	if len(s) > 120 {
		t.Errorf("%s of %v and %v is %d characters long", name, a, b, len(s))
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune(" .,+-$%", r) && !alphanumeric(r) }); i >= 0 {
		t.Errorf("%s of %v and %v has the character %q: %q", name, a, b, s[i], s)
	}
	if s == "" && name != "Change" {
		t.Errorf("%s of %v and %v is empty", name, a, b)
	}
}

func alphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func FuzzNumbers(f *testing.F) {
	for _, a := range extremes {
		f.Add(a, 1.0)
	}
	f.Fuzz(func(t *testing.T, a, b float64) {
		for name, s := range written(a, b) {
			check(t, name, a, b, s)
		}
	})
}

// TestTimesKeepsItsSide holds for ratios ever closer to a threshold that what is read is on the side of what is.
func TestTimesKeepsItsSide(t *testing.T) {
	for _, threshold := range []float64{0.25, 0.5, 0.9, 1, 1.05, 1.2, 3, 10, 100} {
		for _, distance := range []float64{0.5, 0.1, 0.01, 0.004, 0.001, 0.0004, 0.00006, 0.00001, 0.000002} {
			for _, sign := range []float64{-1, 1} {
				f := threshold * (1 + sign*distance)
				s := Times(Number(f), threshold)
				read, err := strconv.ParseFloat(strings.TrimSuffix(s, "x"), 64)
				if err != nil {
					t.Fatalf("%v against %v: %q", f, threshold, s)
				}
				if side(read, threshold) != side(f, threshold) {
					t.Errorf("%v against %v reads %q: on another side", f, threshold, s)
				}
				if math.Abs(read-f) > 0.005*f {
					t.Errorf("%v reads %q: not its 3 significant digits", f, s)
				}
			}
		}
		if got, want := Times(Number(threshold), threshold), Significant(threshold, 3)+"x"; got != want {
			t.Errorf("the threshold itself: got %q, want %q", got, want)
		}
	}
}

// TestSignificantReadsBack holds of random numbers of every size that the text is within half a unit of the last
// digit shown.
func TestSignificantReadsBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		f := (1 + 9*r.Float64()) * math.Pow(10, float64(r.IntN(18)-5))
		digits := 1 + r.IntN(6)
		s := Significant(f, digits)
		read, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", ""), 64)
		if err != nil {
			t.Fatalf("Significant(%v, %d) = %q", f, digits, s)
		}
		unit := math.Pow(10, math.Floor(math.Log10(f))-float64(digits-1))
		if math.Abs(read-f) > unit*0.500001 {
			t.Errorf("Significant(%v, %d) = %q, off by %v", f, digits, s, read-f)
		}
	}
}

func TestSignificant(t *testing.T) {
	for _, c := range []struct {
		in     float64
		digits int
		want   string
	}{
		{0, 3, "0"},
		{0.5, 3, "0.500"},
		{2.5, 1, "2"}, // ties go to the even digit
		{3.5, 1, "4"},
		{0.125, 2, "0.12"},
		{0.375, 2, "0.38"},
		{9.995, 3, "9.99"}, // in binary it is a little less
		{9.996, 3, "10.0"},
		{99.95, 3, "100"}, // and this a little more
		{999.5, 3, "1,000"},
		{123456, 3, "123,000"},
		{-1234.5, 4, "-1,234"},
		{999_400_000_000_000, 3, "999,000,000,000,000"},
		{999_600_000_000_000, 3, "1.00e+15"},
		{1e-9, 3, "0.00000000100"},
		{1e-11, 3, "under 0.000001"},
		{-1e-11, 3, "over -0.000001"},
		{nan, 3, Unknown},
		{-inf, 3, Unknown},
	} {
		if got := Significant(c.in, c.digits); got != c.want {
			t.Errorf("Significant(%v, %d) = %q, want %q", c.in, c.digits, got, c.want)
		}
	}
}

func TestWhole(t *testing.T) {
	for in, want := range map[int]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", -1000: "-1,000", -999: "-999", 1234567: "1,234,567",
		math.MaxInt64: "9,223,372,036,854,775,807", math.MinInt64: "-9,223,372,036,854,775,808",
	} {
		if got := Whole(in); got != want {
			t.Errorf("Whole(%d) = %q, want %q", in, got, want)
		}
	}
	for n, want := range map[int]string{0: "0 trials", 1: "1 trial", 2: "2 trials", 12000: "12,000 trials"} {
		if got := Plural(n, "trial"); got != want {
			t.Errorf("Plural(%d) = %q, want %q", n, got, want)
		}
	}
}

// TestNotQuite holds that rounding makes nothing certain, none or all.
func TestNotQuite(t *testing.T) {
	for _, c := range []struct{ name, got, want string }{
		{"a share next to none", Percent(0.00049), "under 0.1 %"},
		{"a share that rounds to something", Percent(0.0005), "0.1 %"},
		{"a share next to all", Percent(0.9995), "over 99.9 %"},
		{"a share below that", Percent(0.9994), "99.9 %"},
		{"all", Percent(1), "100 %"},
		{"a confidence next to certainty", Level(0.9996), "over 99.9 %"},
		{"a confidence below that", Level(0.9994), "99.9 %"},
		{"a corrected confidence", Level(1 - 0.05/3), "98.3 %"},
		{"no confidence", Level(nan), "unknown %"},
		{"a limit next to no difference", Within(0.2, -0.0001, 0.4, 0.95), "+20 points, 95 % 0 to +40"},
		{"a limit that is not known", Within(0.2, Number(nan), 0.4, 0.95), "+20 points"},
		{"a limit without end", Within(0.2, Number(-inf), 0.4, 0.95), "+20 points, 95 % unknown to +40"},
		{"a change next to none", Change(1, 0.99951), "under 0.1 %"},
		{"a small change", Change(1, 0.999), "-0.1 %"},
		{"a policy of no drop", Drop(0), "0 points"},
		{"a policy of a small drop", Drop(0.025), "2.5 points"},
		{"a cost next to nothing", PerTask(1e-60), "under $0.000001"},
		{"a cost beyond an amount", PerTask(1e80), "$1.00e+80"},
		{"no completed task", PerTask(Quotient(inf)), "none completed"},
		{"a range", Range(0.9996, 2, 1), "0.9996-2.00"},
		{"a range without an upper limit", Range(0.5, Number(inf), 1), "without a limit"},
		{"a range that is not known", Range(Number(nan), 2, 1), Unknown},
		{"an interval that is not one", Interval(Number(inf), Number(inf), 0.95, 1), "95 % unknown"},
		{"half a minute after an hour", Duration(3630), "1 h 0 min"},
		{"a long time", Duration(1e13), "2,780,000,000 h"},
		{"less than nothing", Duration(Number(-inf)), Unknown},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
}

// TestMoneyRoundsOnce holds of amounts with many digits that what is shown is the nearest amount with as many
// decimals, worked out exactly.
func TestMoneyRoundsOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		exact := fmt.Sprintf("%d.%0*d", r.IntN(2)*r.IntN(5000), 1+r.IntN(9), r.IntN(1_000_000_000))
		got := Amount(price.Known(price.MustMoney(exact)))
		shown := strings.ReplaceAll(strings.TrimPrefix(got, "$"), ",", "")
		want, _ := new(big.Rat).SetString(exact)
		read, ok := new(big.Rat).SetString(shown)
		if !ok {
			t.Fatalf("%s is shown as %q", exact, got)
		}
		_, decimals, _ := strings.Cut(shown, ".")
		unit, _ := new(big.Rat).SetString("1e-" + strconv.Itoa(len(decimals)))
		off := new(big.Rat).Sub(want, read)
		if off.Abs(off).Cmp(unit.Quo(unit, big.NewRat(2, 1))) > 0 {
			t.Errorf("%s is shown as %q", exact, got)
		}
		if want.Sign() > 0 && strings.Trim(shown, "0.") == "" {
			t.Errorf("%s is shown as nothing: %q", exact, got)
		}
	}
}
