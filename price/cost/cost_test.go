package cost_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price/cost"
	"github.com/pertask/pertask/price/money"
)

func usd(s string) cost.Amount { return cost.Known(money.Must(s)) }

func TestAmount(t *testing.T) {
	var unknown cost.Amount
	if unknown.IsKnown() || unknown.Equal(usd("0")) || !unknown.Equal(cost.Amount{}) || !usd("1.0").Equal(usd("1")) {
		t.Error("unknown is taken for zero")
	}
	if got := unknown.Plus(usd("1")); got.IsKnown() {
		t.Errorf("unknown + 1 = %s", got)
	}
	if got := usd("0.1").Plus(usd("0.2")).String(); got != "0.3" {
		t.Errorf("0.1 + 0.2 = %s", got)
	}
}

func TestAmountJSON(t *testing.T) {
	for _, c := range []struct{ in, out, text string }{{`null`, `null`, "unknown"}, {`"0.10"`, `"0.1"`, "0.1"}, {`"0"`, `"0"`, "0"}} {
		a := usd("7") // so that null must overwrite
		if err := json.Unmarshal([]byte(c.in), &a); err != nil {
			t.Fatal(err)
		}
		if got := a.String(); got != c.text {
			t.Errorf("%s reads as %s, want %s", c.in, got, c.text)
		}
		if b, err := json.Marshal(a); err != nil || string(b) != c.out {
			t.Errorf("%s is written as %s, %v; want %s", c.in, b, err, c.out)
		}
	}
	var a cost.Amount
	if err := json.Unmarshal([]byte(`1`), &a); err == nil {
		t.Error("a number was read as an amount")
	}
}

func TestStatus(t *testing.T) {
	for s, want := range map[cost.Status]string{
		cost.Unknown: "unknown", cost.LowerBound: "lower_bound", cost.ProviderReported: "provider_reported", cost.Exact: "exact", 99: "unknown", -1: "unknown",
	} {
		if got := s.String(); got != want {
			t.Errorf("status %d is %q, want %q", int(s), got, want)
		}
	}
	if got := cost.Exact.Worse(cost.LowerBound); got != cost.LowerBound {
		t.Errorf("the worse of exact and lower_bound is %s", got)
	}
	var s cost.Status
	if err := s.UnmarshalText([]byte("lower_bound")); err != nil || s != cost.LowerBound {
		t.Errorf("lower_bound reads as %s, %v", s, err)
	}
	if err := s.UnmarshalText([]byte("free")); err == nil {
		t.Error("a status that does not exist was read")
	}
}

// TestSum: every field is added up by itself, and a field that one part lacks the sum lacks too.
func TestSum(t *testing.T) {
	list := cost.Cost{Amount: usd("1"), Status: cost.Exact, List: usd("1")}
	billed := cost.Cost{Amount: usd("0.5"), Status: cost.Exact, List: usd("1"), Billed: usd("0.5")}
	told := cost.Cost{Amount: usd("2"), Status: cost.ProviderReported, Billed: usd("2")}
	bound := cost.Cost{Amount: usd("3"), Status: cost.LowerBound, List: usd("3")}
	for _, c := range []struct {
		name  string
		parts []cost.Cost
		want  cost.Cost
	}{
		{"nothing", nil, cost.Cost{Amount: usd("0"), Status: cost.Exact, List: usd("0"), Billed: usd("0")}},
		{"no part is billed apart from the list", []cost.Cost{list, list}, cost.Cost{Amount: usd("2"), Status: cost.Exact, List: usd("2")}},
		{"every part is billed", []cost.Cost{billed, billed}, cost.Cost{Amount: usd("1"), Status: cost.Exact, List: usd("2"), Billed: usd("1")}},
		{"some parts are billed", []cost.Cost{billed, list}, cost.Cost{Amount: usd("1.5"), Status: cost.Exact, List: usd("2")}},
		{"reported without a list price", []cost.Cost{billed, told}, cost.Cost{Amount: usd("2.5"), Status: cost.ProviderReported, Billed: usd("2.5")}},
		{"a bound", []cost.Cost{list, bound}, cost.Cost{Amount: usd("4"), Status: cost.LowerBound, List: usd("4")}},
		{"an unbilled call and a billed one", []cost.Cost{cost.Nothing(), billed}, billed},
		{"an unbilled call and one at list price", []cost.Cost{cost.Nothing(), list}, list},
		{"an unknown part", []cost.Cost{list, {}}, cost.Cost{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, cost.Sum(c.parts...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCostJSON(t *testing.T) {
	in := `{"amount":"0.5","status":"exact","list":"1","billed":null}`
	var c cost.Cost
	if err := json.Unmarshal([]byte(in), &c); err != nil {
		t.Fatal(err)
	}
	if b, err := json.Marshal(c); err != nil || string(b) != in {
		t.Errorf("written as %s, %v; want %s", b, err, in)
	}
	for _, bad := range []string{
		`{"amount":null,"status":"exact","list":null,"billed":null}`,
		`{"amount":"0","status":"unknown","list":null,"billed":null}`,
		`{"amount":0,"status":"exact"}`,
		`{"amount":"1","status":"cheap"}`,
	} {
		if err := json.Unmarshal([]byte(bad), &c); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}
