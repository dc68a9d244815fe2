package money_test

import (
	"encoding/json"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/pertask/pertask/price/money"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"0", "0"}, {"0.25", "0.25"}, {"-1.50", "-1.5"}, {"1e-05", "0.00001"}, {"1.7558E-2", "0.017558"}, {"12", "12"},
		{"0.000000000000000000000000000000000001", "0.000000000000000000000000000000000001"},
	} {
		m, err := money.Parse(c.in)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.in, err)
			continue
		}
		if got := m.String(); got != c.want {
			t.Errorf("Parse(%q) = %s, want %s", c.in, got, c.want)
		}
	}
	for _, in := range []string{"", " 1", "1 ", "+1", ".5", "5.", "1,5", "1_000", "0x10", "$1", "NaN", "Inf", "--1", "1e999999999", "1e-41", "1e16", "01", "1e", strings.Repeat("1", 65)} {
		if m, err := money.Parse(in); err == nil {
			t.Errorf("Parse(%q) = %s, want an error", in, m)
		}
	}
}

func TestMustMoneyPanicsOnBadConstant(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("did not panic")
		}
	}()
	money.Must("one dollar")
}

func TestMoneyArithmetic(t *testing.T) {
	a, b := money.Must("0.1"), money.Must("0.2")
	half := factor(t, "0.5")
	for _, c := range []struct {
		name string
		got  money.USD
		want string
	}{
		{"plus", a.Plus(b), "0.3"},
		{"minus", a.Minus(b), "-0.1"},
		{"times", money.Must("0.003625").Times(1_000_000_007), "3625000.025375"},
		{"scale", b.Scale(half), "0.1"},
		{"per million", money.Must("0.003625").PerMillion(), "0.000000003625"},
		{"per thousand", money.Must("10").PerThousand(), "0.01"},
		{"zero value", money.USD{}.Plus(a), "0.1"},
	} {
		if got := c.got.String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if a.Cmp(b) != -1 || b.Cmp(a) != 1 || a.Cmp(a) != 0 || !money.Must("1.0").Equal(money.Must("1")) {
		t.Error("the order of money is wrong")
	}
	if !(money.USD{}).IsZero() || a.IsZero() || !a.Minus(b).IsNegative() || a.IsNegative() {
		t.Error("the sign of money is wrong")
	}
	if got, want := money.Must("0.125").Fixed(2), "0.12"; got != want { // half to even
		t.Errorf("Fixed = %s, want %s", got, want)
	}
	if got, want := money.Must("0.1").Float64(), 0.1; got != want {
		t.Errorf("Float64 = %v, want %v", got, want)
	}
}

// TestMoneyCannotDivide: dividing is the one operation that rounds, so money has no way to do it and no way
// in from a float.
func TestMoneyCannotDivide(t *testing.T) {
	m := reflect.TypeFor[money.USD]()
	for i := range m.NumMethod() {
		if n := m.Method(i); strings.Contains(n.Name, "Div") || strings.Contains(n.Name, "Quo") || strings.Contains(n.Name, "Mod") {
			t.Errorf("Money has a method %s", n.Name)
		}
		for j := range m.Method(i).Type.NumIn() {
			if k := m.Method(i).Type.In(j).Kind(); k == reflect.Float64 || k == reflect.Float32 {
				t.Errorf("Money.%s takes a float", m.Method(i).Name)
			}
		}
	}
}

func TestMoneyJSON(t *testing.T) {
	var m money.USD
	if err := json.Unmarshal([]byte(`"0.250"`), &m); err != nil {
		t.Fatal(err)
	}
	if b, err := json.Marshal(m); err != nil || string(b) != `"0.25"` {
		t.Errorf("marshalled to %s, %v", b, err)
	}
	for _, bad := range []string{`0.25`, `"x"`, `{}`, `true`} {
		if err := json.Unmarshal([]byte(bad), &m); err == nil {
			t.Errorf("%s was read as money", bad)
		}
	}
}

func TestParseFactor(t *testing.T) {
	if got, want := factor(t, "0.8750").String(), "0.875"; got != want {
		t.Errorf("factor %s, want %s", got, want)
	}
	for _, bad := range []string{"", "-1", "x", "87.5%"} {
		if f, err := money.ParseFactor(bad); err == nil {
			t.Errorf("ParseFactor(%q) = %s, want an error", bad, f)
		}
	}
}

// FuzzParseMoney: what is read is the number that was written, and is written back as the same number.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"0", "0.25", "-1.5", "1e-5", "1E+3", "+1", ".5", "1e999999999", "00", "0.1e-39"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := money.Parse(s)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		got, ok2 := new(big.Rat).SetString(m.String())
		if !ok || !ok2 || want.Cmp(got) != 0 {
			t.Errorf("Parse(%q) = %s", s, m)
		}
		again, err := money.Parse(m.String())
		if err == nil && !again.Equal(m) {
			t.Errorf("%s is read back as %s", m, again)
		}
	})
}

func factor(t testing.TB, s string) money.Factor {
	t.Helper()
	f, err := money.ParseFactor(s)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestApart(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"1", "1", false}, {"1.01", "1", false}, {"0.99", "1", false}, {"1.0100001", "1", true}, {"0.9899999", "1", true},
		{"1", "1.0101", false}, {"1", "1.0102", true}, // a hundredth of the second
		{"0", "0", false}, {"0.000001", "0", true}, {"0", "0.000001", true}, {"-1", "1", true}, {"-1.01", "-1", false}, {"-1.02", "-1", true},
	} {
		if got := money.Apart(money.Must(c.a), money.Must(c.b)); got != c.want {
			t.Errorf("%s and %s: apart %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestRounded(t *testing.T) {
	for _, c := range []struct {
		number string
		shift  int
		want   string // "" is an error
	}{
		{"0.75", 0, "0.75"}, {"5", 0, "5"}, {"0", 0, "0"}, {"0.0", 6, "0"}, {"1e-6", 6, "1"}, {"10e-6", 6, "10"}, {"1.25e-06", 6, "1.25"}, {"3.625e-9", 6, "0.003625"},
		{"2.5e-05", 4, "0.25"}, {"0.00025", 4, "2.5"}, {"1E+2", 0, "100"}, {"007.50", 0, "7.5"}, {"1234567", 0, "1234570"},
		{"0.7499999999999999", 0, "0.75"}, {"0.30000000000000004", 0, "0.3"}, {"9.9999999e-7", 6, "1"}, {"0.0000009999999", 6, "1"}, {"1.2500000000000001e-06", 6, "1.25"},
		{"", 0, ""}, {"-1", 0, ""}, {"1.2.3", 0, ""}, {".5", 0, ""}, {"1e", 0, ""}, {"1e99", 0, ""}, {"0x10", 0, ""}, {"NaN", 0, ""}, {strings.Repeat("1", 61), 0, ""},
	} {
		got, err := money.Rounded(c.number, c.shift)
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("Rounded(%q, %d) = %q, %v; want %q", c.number, c.shift, got, err, c.want)
		}
	}
}
