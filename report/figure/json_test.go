package figure

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestNumberJSON(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{
		{1.5, "1.5"}, {0, "0"}, {-2, "-2"}, {inf, `"Inf"`}, {-inf, `"-Inf"`}, {nan, "null"}, {math.MaxFloat64, "1.7976931348623157e+308"},
	} {
		b, err := json.Marshal(Number(c.in))
		if err != nil || string(b) != c.want {
			t.Errorf("%v is written %s (%v), want %s", c.in, b, err, c.want)
		}
		var back Number
		if err := json.Unmarshal(b, &back); err != nil || !alike(float64(back), c.in) {
			t.Errorf("%s is read as %v (%v), want %v", b, back, err, c.in)
		}
	}
	for _, bad := range []string{`"1.5"`, `"inf"`, `"NaN"`, `true`, `{}`, `[]`, `1e999`} {
		var n Number
		if err := json.Unmarshal([]byte(bad), &n); err == nil {
			t.Errorf("%s is read as %v", bad, n)
		}
	}
}

func TestQuotientJSON(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{
		{0, `"0"`}, {0.572, `"0.572000000000000"`}, {1.0 / 3, `"0.333333333333333"`}, {123456.789, `"123456.789000000"`}, {1e20, `"100000000000000000000"`},
		{-0.25, `"-0.250000000000000"`}, {inf, `"Inf"`}, {-inf, "null"}, {nan, "null"},
	} {
		b, err := json.Marshal(Quotient(c.in))
		if err != nil || string(b) != c.want {
			t.Errorf("%v is written %s (%v), want %s", c.in, b, err, c.want)
		}
	}
	for _, bad := range []string{`1.5`, `""`, `"-Inf"`, `"NaN"`, `"1,5"`, `"0x"`, `"1e999"`, `" 1"`, `true`, `{}`} {
		var q Quotient
		if err := json.Unmarshal([]byte(bad), &q); err == nil {
			t.Errorf("%s is read as %v", bad, q)
		}
	}
}

// TestQuotientKeepsDigits holds that what is written is within 12 significant digits of what was measured, without
// an exponent, and that writing what was read changes nothing.
func TestQuotientKeepsDigits(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 5000 {
		f := (1 + 9*r.Float64()) * math.Pow(10, float64(r.IntN(30)-15))
		b, err := json.Marshal(Quotient(f))
		if err != nil || strings.ContainsAny(string(b), "eE+") {
			t.Fatalf("%v is written %s (%v)", f, b, err)
		}
		var back Quotient
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if math.Abs(float64(back)-f) > 1e-12*f {
			t.Errorf("%v comes back as %v", f, back)
		}
		again, err := json.Marshal(back)
		if err != nil || string(again) != string(b) {
			t.Errorf("%s is written again as %s (%v)", b, again, err)
		}
	}
}

func alike(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
