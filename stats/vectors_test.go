package stats_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/pertask/pertask/stats"
)

// number is a float64 of testdata/vectors.json: a number, the string "Inf", or null for NaN.
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "null":
		*n = number(math.NaN())
		return nil
	case `"Inf"`:
		*n = number(math.Inf(1))
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

type vectors struct {
	Tolerance float64             `json:"tolerance"`
	Normal    []map[string]number `json:"normal_quantile"`
	T         []map[string]number `json:"t_quantile_upper"`
	ZeroPass  []struct {
		Trials       int
		Alpha, Upper number
	} `json:"zero_pass_upper"`
	Suite []suiteVector
}

type suiteVector struct {
	Name       string
	Tasks      []struct{ Base, Head [][2]float64 }
	Base, Head map[string]number
	Ratio      map[string]number
	Tests      []map[string]number
	Completion map[string]number
	Benefit    map[string]number
	Population struct {
		EffectiveTasks   number `json:"effective_tasks"`
		DF, Quantile, SE number
		Low, High        number
		LeaveOneOut      []number `json:"leave_one_out"`
	}
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// arms folds the trials of a vector.
func (v suiteVector) arms() (base, head []stats.Cell) {
	for _, task := range v.Tasks {
		base = append(base, cell(task.Base...))
		head = append(head, cell(task.Head...))
	}
	return base, head
}

// cell folds trials given as dollars and 1 when completed.
func cell(trials ...[2]float64) stats.Cell {
	var c stats.Cell
	for _, o := range trials {
		c.Add(stats.Obs{Cost: o[0], Completed: o[1] == 1})
	}
	return c
}

// same reports whether two numbers agree to the tolerance, absolute or relative. Infinities and NaN agree with
// themselves.
func same(got, want, tolerance float64) bool {
	if got == want || math.IsNaN(got) && math.IsNaN(want) {
		return true
	}
	return math.Abs(got-want) <= tolerance*max(1, math.Abs(want))
}

func expect(t *testing.T, what string, got float64, want number) {
	t.Helper()
	if !same(got, float64(want), 1e-9) {
		t.Errorf("%s = %v, want %v", what, got, float64(want))
	}
}

func TestQuantileVectors(t *testing.T) {
	v := readVectors(t)
	if len(v.Normal) != 7 || len(v.T) != 21 || len(v.ZeroPass) != 4 {
		t.Fatalf("read %d, %d and %d vectors, want 7, 21 and 4", len(v.Normal), len(v.T), len(v.ZeroPass))
	}
	for _, x := range v.Normal {
		expect(t, fmt.Sprintf("NormalQuantile(%v)", x["p"]), stats.NormalQuantile(float64(x["p"])), x["z"])
		expect(t, fmt.Sprintf("NormalCDF(%v)", x["z"]), stats.NormalCDF(float64(x["z"])), x["p"])
	}
	for _, x := range v.T {
		q, df := float64(x["q"]), float64(x["df"])
		expect(t, fmt.Sprintf("TQuantileUpper(%v, %v)", q, df), stats.TQuantileUpper(q, df), x["t"])
		expect(t, fmt.Sprintf("TUpper(%v, %v)", x["t"], df), stats.TUpper(float64(x["t"]), df), x["q"])
	}
	for _, x := range v.ZeroPass {
		expect(t, fmt.Sprintf("ZeroPassUpper(%d, %v)", x.Trials, x.Alpha), stats.ZeroPassUpper(x.Trials, float64(x.Alpha)), x.Upper)
	}
}

func TestSuiteVectors(t *testing.T) {
	v := readVectors(t)
	if len(v.Suite) != 9 {
		t.Fatalf("read %d data sets, want 9", len(v.Suite))
	}
	for _, x := range v.Suite {
		t.Run(x.Name, func(t *testing.T) {
			base, head := x.arms()
			s, err := stats.CompareSuite(base, head)
			if err != nil {
				t.Fatal(err)
			}
			expectEstimate(t, "base", s.Base, x.Base)
			expectEstimate(t, "head", s.Head, x.Head)
			r := x.Ratio
			expect(t, "A", s.A, r["a"])
			expect(t, "B", s.B, r["b"])
			expect(t, "VA", s.VA, r["var_a"])
			expect(t, "VB", s.VB, r["var_b"])
			expect(t, "VAB", s.VAB, r["cov"])
			expect(t, "DF", s.DF, r["df"])
			expect(t, "Ratio", s.Ratio, r["ratio"])
			expect(t, "SE", s.SE, r["se"])
			for _, y := range x.Tests {
				test := s.Test(float64(y["threshold"]))
				expect(t, "T", test.T, y["T"])
				expect(t, "P", test.P, y["p"])
				expect(t, "quantile", stats.TQuantileUpper((1-float64(y["confidence"]))/2, s.DF), y["quantile"])
				expectInterval(t, "interval", s.Interval(float64(y["confidence"])), y["low"], y["high"])
			}
		})
	}
}

func TestCompletionAndBenefitVectors(t *testing.T) {
	for _, x := range readVectors(t).Suite {
		t.Run(x.Name, func(t *testing.T) {
			base, head := x.arms()
			d, err := stats.CompletionDifference(base, head)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, "difference", d.Estimate, x.Completion["diff"])
			expect(t, "difference's SE", d.SE, x.Completion["se"])
			expect(t, "difference's DF", d.DF, x.Completion["df"])
			expectInterval(t, "difference", d.Interval(0.95), x.Completion["low"], x.Completion["high"])

			b, err := stats.NetBenefit(base, head, float64(x.Benefit["value"]))
			if err != nil {
				t.Fatal(err)
			}
			expect(t, "benefit", b.Estimate, x.Benefit["estimate"])
			expect(t, "benefit's SE", b.SE, x.Benefit["se"])
			expect(t, "benefit's DF", b.DF, x.Benefit["df"])
			expect(t, "Accept", b.Accept, x.Benefit["accept"])
			expect(t, "BreakEven", b.BreakEven, x.Benefit["break_even"])
			expectInterval(t, "benefit", b.Interval(0.95), x.Benefit["low"], x.Benefit["high"])
		})
	}
}

func TestPopulationVectors(t *testing.T) {
	for _, x := range readVectors(t).Suite {
		t.Run(x.Name, func(t *testing.T) {
			base, head := x.arms()
			p, err := stats.ComparePopulation(base, head)
			if err != nil {
				t.Fatal(err)
			}
			want := x.Population
			expect(t, "Ratio", p.Ratio, x.Ratio["ratio"])
			expect(t, "KEff", p.KEff, want.EffectiveTasks)
			expect(t, "DF", p.DF, want.DF)
			expect(t, "quantile", stats.TQuantileUpper(0.025, p.DF), want.Quantile)
			if undefined := math.IsNaN(float64(want.SE)); undefined != p.Undefined {
				t.Errorf("Undefined = %v, want %v", p.Undefined, undefined)
			} else if undefined {
				want.SE = number(math.Inf(1))
			}
			expect(t, "SE", p.SE, want.SE)
			expectInterval(t, "interval", p.Interval(0.95), want.Low, want.High)
			if len(p.LeaveOneOut) != len(want.LeaveOneOut) {
				t.Fatalf("%d ratios without a task, want %d", len(p.LeaveOneOut), len(want.LeaveOneOut))
			}
			for i, r := range p.LeaveOneOut {
				expect(t, fmt.Sprintf("LeaveOneOut[%d]", i), r, want.LeaveOneOut[i])
			}
		})
	}
}

func expectEstimate(t *testing.T, arm string, got stats.Estimate, want map[string]number) {
	t.Helper()
	expect(t, arm+" C", got.C, want["cost"])
	expect(t, arm+" P", got.P, want["rate"])
	expect(t, arm+" Passes", float64(got.Passes), want["passes"])
	expect(t, arm+" Trials", float64(got.Trials), want["trials"])
	expect(t, arm+" VC", got.VC, want["var_cost"])
	expect(t, arm+" VP", got.VP, want["var_rate"])
	expect(t, arm+" CP", got.CP, want["cov"])
	expect(t, arm+" LogVar", got.LogVar, want["log_var"])
	expect(t, arm+" DF", float64(got.DF), want["df"])
}

func expectInterval(t *testing.T, what string, got stats.Interval, low, high number) {
	t.Helper()
	expect(t, what+" from", got.Low, low)
	expect(t, what+" to", got.High, high)
}
