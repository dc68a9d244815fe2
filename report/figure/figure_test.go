package figure

import (
	"math"
	"testing"

	"github.com/pertask/pertask/price"
)

var nan, inf = math.NaN(), math.Inf(1)

func TestTimes(t *testing.T) {
	for _, c := range []struct {
		in, threshold float64
		want          string
	}{
		{2.6555, 1, "2.66x"}, {1.698, 1, "1.70x"}, {0.2345, 1, "0.234x"}, {0.2355, 1, "0.235x"}, {12.34, 1, "12.3x"},
		{1234, 1, "1,230x"}, {1, 1, "1.00x"}, {0.9994, 1, "0.999x"}, {0.9996, 1, "0.9996x"}, {1.0000001, 1, "1.000000x"},
		{1.004, 1, "1.004x"}, {1.2004, 1.2, "1.2004x"}, {0, 1, "0x"}, {0.001234, 1, "0.00123x"}, {1e-300, 1, "under 0.000001x"},
		{1e20, 1, "1.00e+20x"}, {nan, 1, "unknown"}, {inf, 1, "unknown"},
	} {
		if got := Times(Number(c.in), c.threshold); got != c.want {
			t.Errorf("times(%v, %v) = %q, want %q", c.in, c.threshold, got, c.want)
		}
	}
}

func TestInterval(t *testing.T) {
	for _, c := range []struct {
		low, high, confidence float64
		want                  string
	}{
		{1.698, 4.152, 0.95, "95 % 1.70-4.15"}, {2.27, inf, 0.95, "95 % at least 2.27"}, {0, 0.5, 0.95, "95 % at most 0.500"},
		{0, inf, 0.95, "95 % without limits"}, {nan, 2, 0.95, "95 % unknown"}, {0.412, 0.9996, 0.99609, "99.6 % 0.412-0.9996"},
	} {
		if got := Interval(Number(c.low), Number(c.high), c.confidence, 1); got != c.want {
			t.Errorf("interval(%v, %v, %v) = %q, want %q", c.low, c.high, c.confidence, got, c.want)
		}
	}
}

func TestDollars(t *testing.T) {
	for _, c := range []struct{ in, want, exact string }{
		{"0", "$0", "$0.00"}, {"0.001234", "$0.00123", "$0.001234"}, {"0.0012350", "$0.00124", "$0.001235"},
		{"0.0012450", "$0.00124", "$0.001245"}, {"0.572", "$0.572", "$0.572"}, {"0.5", "$0.500", "$0.50"},
		{"0.9996", "$1.00", "$0.9996"}, {"0.09996", "$0.1000", "$0.09996"}, {"1.005", "$1.00", "$1.005"}, {"1.015", "$1.02", "$1.015"},
		{"12", "$12.00", "$12.00"}, {"1234567.891", "$1,234,567.89", "$1,234,567.891"}, {"-0.25", "-$0.250", "-$0.25"},
		{"0.0000000000000001", "$0.000000000000000100", "$0.000000000000000100"},
	} {
		m := price.MustMoney(c.in)
		if got := dollars(m); got != c.want {
			t.Errorf("dollars(%s) = %q, want %q", c.in, got, c.want)
		}
		if got := exactDollars(m); got != c.exact {
			t.Errorf("exactDollars(%s) = %q, want %q", c.in, got, c.exact)
		}
	}
}

func TestUnknownIsNotZero(t *testing.T) {
	for name, got := range map[string]string{
		"amount":   Amount(price.Amount{}),
		"rate":     Rate(price.Amount{}),
		"cost":     Cost(price.Cost{}),
		"quotient": PerTask(Quotient(nan)),
		"mean":     Dollars(Mean(price.Amount{}, 3)),
		"count":    Count(Number(nan)),
		"share":    Percent(Number(nan)),
		"points":   Points(Number(nan)),
		"seconds":  Duration(Number(nan)),
	} {
		if got != Unknown {
			t.Errorf("%s: got %q, want %q", name, got, Unknown)
		}
	}
	if got := Change(1, nan); got != "" {
		t.Errorf("change to Unknown: got %q, want none", got)
	}
	if got := Cost(price.Cost{Amount: price.Known(price.MustMoney("0.1")), Status: price.LowerBound}); got != "at least $0.100" {
		t.Errorf("lower bound: got %q", got)
	}
}

func TestPerTask(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{{1.51907300138, "$1.52"}, {0.572040568421, "$0.572"}, {inf, "none completed"}, {1e-45, "under $0.000001"}, {0, "$0"}} {
		if got := PerTask(Quotient(c.in)); got != c.want {
			t.Errorf("perTask(%v) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestMean(t *testing.T) {
	one := price.Known(price.MustMoney("1"))
	if got, want := Dollars(Mean(one, 3)), "$0.333"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Mean(one, 0); got != nil {
		t.Errorf("the mean of no trials: got %v, want none", got)
	}
}

func TestCount(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{
		{0, "0"}, {812, "812"}, {12.44, "12.4"}, {999.4, "999"}, {999.6, "1.00k"}, {12345, "12.3k"}, {679407.8, "679k"},
		{999600, "1.00M"}, {13135190, "13.1M"}, {2.5e9, "2.50B"}, {0.4, "0.400"}, {inf, Unknown},
	} {
		if got := Count(Number(c.in)); got != c.want {
			t.Errorf("count(%v) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		in           float64
		share, delta string
	}{
		{0, "0 %", "same"}, {1, "100 %", "+100 points"}, {0.806060606061, "80.6 %", "+80.6 points"}, {0.75, "75 %", "+75 points"},
		{0.0001, "under 0.1 %", "under 0.1 points"}, {0.9999, "over 99.9 %", "+100 points"}, {-0.145454545455, "-14.5 %", "-14.5 points"}, {0.03, "3 %", "+3 points"},
	} {
		if got := Percent(Number(c.in)); got != c.share {
			t.Errorf("percent(%v) = %q, want %q", c.in, got, c.share)
		}
		if got := Points(Number(c.in)); got != c.delta {
			t.Errorf("points(%v) = %q, want %q", c.in, got, c.delta)
		}
	}
}

func TestDuration(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{{0.0321, "0.0321 s"}, {48.55, "48.5 s"}, {59.96, "1 min 0 s"}, {123.156, "2 min 3 s"}, {3599.6, "1 h 0 min"}, {4000, "1 h 7 min"}, {-1, Unknown}} {
		if got := Duration(Number(c.in)); got != c.want {
			t.Errorf("duration(%v) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestChange(t *testing.T) {
	for _, c := range []struct {
		base, head float64
		want       string
	}{
		{2, 0.5, "4.0x lower"}, {1, 10.6, "10.6x higher"}, {1, 19.333, "19.3x higher"}, {3, 3, "same"}, {1, 1.052, "+5.2 %"},
		{1, 0.88, "-12 %"}, {1, 1.999, "2.0x higher"}, {1, 0.5001, "2.0x lower"}, {0, 0, ""}, {0, 5, ""}, {5, 0, "to zero"}, {1, 1.0001, "under 0.1 %"},
		{1, 2.66, "2.66x higher"}, {1, -1, ""},
	} {
		if got := Change(c.base, c.head); got != c.want {
			t.Errorf("change(%v, %v) = %q, want %q", c.base, c.head, got, c.want)
		}
	}
}
