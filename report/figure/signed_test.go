package figure

import "testing"

func TestUSD(t *testing.T) {
	for _, c := range []struct {
		in                float64
		want, wantChanged string
	}{
		{0.57234, "$0.572", "+$0.572"}, {-3.1, "-$3.10", "-$3.10"}, {0, "$0", "$0"}, {1234.5, "$1,234.50", "+$1,234.50"},
		{1e-300, "under $0.000001", "under $0.000001"}, {-1e-300, "over -$0.000001", "over -$0.000001"},
		{1e300, "$1.00e+300", "+$1.00e+300"}, {nan, Unknown, Unknown}, {inf, Unknown, Unknown}, {-inf, Unknown, Unknown},
	} {
		if got := USD(Number(c.in)); got != c.want {
			t.Errorf("USD(%v) = %q, want %q", c.in, got, c.want)
		}
		if got := Difference(Number(c.in)); got != c.wantChanged {
			t.Errorf("Difference(%v) = %q, want %q", c.in, got, c.wantChanged)
		}
	}
}

func TestProbability(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{
		{0.0062531, "0.0063"}, {1, "1.0"}, {0, "0"}, {0.00009, "under 0.0001"}, {0.0001, "0.00010"}, {0.43, "0.43"},
		{nan, Unknown}, {inf, Unknown}, {-0.1, Unknown}, {1.1, Unknown},
	} {
		if got := Probability(Number(c.in)); got != c.want {
			t.Errorf("Probability(%v) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestSureness(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{{0, "under 0.1 %"}, {1, "over 99.9 %"}, {0.117, "11.7 %"}, {0.9995, "over 99.9 %"}, {nan, Unknown}, {-1, Unknown}, {1.5, Unknown}} {
		if got := Sureness(Number(c.in)); got != c.want {
			t.Errorf("Sureness(%v) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestRoughly(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{{1.6132, "1.6x"}, {1.04, "1.04x"}, {1.0004, "1.0004x"}, {12.34, "12x"}, {1, "1.0x"}, {nan, Unknown}, {inf, Unknown}} {
		if got := Roughly(Number(c.in), 1); got != c.want {
			t.Errorf("Roughly(%v) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{1.698, 4.152, "1.70-4.15"}, {2.27, inf, "at least 2.27"}, {0, 0.5, "at most 0.500"}, {0, inf, "without limits"},
		{nan, 2, Unknown}, {1, nan, Unknown}, {inf, inf, Unknown}, {-inf, -inf, Unknown}, {0.9, 0.9996, "0.900-0.9996"},
	} {
		if got := Limits(Number(c.low), Number(c.high), 1); got != c.want {
			t.Errorf("Limits(%v, %v) = %q, want %q", c.low, c.high, got, c.want)
		}
	}
}
