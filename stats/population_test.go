package stats_test

import (
	"math"
	"testing"

	"github.com/pertask/pertask/stats"
)

// singles makes an arm with one completed trial per task.
func singles(costs ...float64) []stats.Cell {
	var out []stats.Cell
	for _, c := range costs {
		out = append(out, cell([2]float64{c, 1}))
	}
	return out
}

func TestLeaveOneOut(t *testing.T) {
	// With all: 16/8 = 2. Without the last task 6/6 = 1; the others leave 14/6, 14/6 and 14/6.
	p, err := stats.ComparePopulation(singles(2, 2, 2, 2), singles(2, 2, 2, 10))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{14. / 6, 14. / 6, 14. / 6, 1} {
		if !same(p.LeaveOneOut[i], want, 1e-15) {
			t.Errorf("without task %d: %v, want %v", i, p.LeaveOneOut[i], want)
		}
	}
	if got := p.Range(); !same(got.Low, 1, 1e-15) || !same(got.High, 14./6, 1e-15) {
		t.Errorf("Range() = %+v, want 1 to 14/6", got)
	}
	if got := p.MostInfluential(); got != 3 {
		t.Errorf("MostInfluential() = %d, want 3", got)
	}
	tests := []struct {
		r0      float64
		task    int
		crosses bool
	}{
		{0.9, -1, false},
		{1, 3, true}, // exactly the threshold is not above it
		{1.5, 3, true},
		{2, -1, false}, // the ratio itself is on no side
		{2.2, 0, true},
		{3, -1, false},
	}
	for _, test := range tests {
		if task, crosses := p.Crosses(test.r0); task != test.task || crosses != test.crosses {
			t.Errorf("Crosses(%v) = %d, %v, want %d, %v", test.r0, task, crosses, test.task, test.crosses)
		}
	}
}

func TestTaskThatCarriesEveryCompletion(t *testing.T) {
	base := singles(1, 1, 1)
	head := []stats.Cell{cell([2]float64{1, 0}), cell([2]float64{1, 1}), cell([2]float64{1, 0})}
	p, err := stats.ComparePopulation(base, head)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Undefined || !math.IsNaN(p.LeaveOneOut[1]) || math.IsNaN(p.LeaveOneOut[0]) {
		t.Errorf("%+v, want the second ratio undefined and no other", p)
	}
	if got := p.MostInfluential(); got != 1 {
		t.Errorf("MostInfluential() = %d, want 1", got)
	}
	if task, crosses := p.Crosses(1); task != 1 || !crosses {
		t.Errorf("Crosses(1) = %d, %v, want 1, true", task, crosses)
	}
	if got := p.Range(); !same(got.Low, 2, 1e-15) || !same(got.High, 2, 1e-15) {
		t.Errorf("Range() = %+v, want 2 to 2", got)
	}
}

func TestOneTask(t *testing.T) {
	p, err := stats.ComparePopulation(singles(1), singles(2))
	if err != nil {
		t.Fatal(err)
	}
	if p.Ratio != 2 || !p.Undefined || p.Interval(0.95) != (stats.Interval{High: math.Inf(1)}) {
		t.Errorf("%+v, want a ratio of 2 and no interval", p)
	}
	if r := p.Range(); !math.IsNaN(r.Low) || !math.IsNaN(r.High) {
		t.Errorf("Range() = %+v, want NaN", r)
	}
	d, err := stats.PopulationCompletionDifference(singles(1), singles(2))
	if err != nil || !math.IsInf(d.SE, 1) || !math.IsInf(d.Interval(0.95).High, 1) {
		t.Errorf("difference %+v, %v; want an unbounded one", d, err)
	}
	if got := (stats.Population{}).MostInfluential(); got != -1 {
		t.Errorf("MostInfluential() of nothing is %d, want -1", got)
	}
}

// Tasks that agree in every digit give a ratio without spread. It is still not told from itself.
func TestTasksThatAgree(t *testing.T) {
	p, err := stats.ComparePopulation(singles(0.1, 0.2, 0.3, 0.7), singles(0.3, 0.6, 0.9, 2.1))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Test(3); got.P < 0.5 {
		t.Errorf("Test(3) = %+v of a ratio of 3, want no difference", got)
	}
	if got := p.Test(2.9); got.P > 1e-6 || got.T < 0 {
		t.Errorf("Test(2.9) = %+v of a ratio of 3, want dearer", got)
	}
}

func TestPopulationCompletionDifference(t *testing.T) {
	outcomes := func(completed ...float64) []stats.Cell {
		var out []stats.Cell
		for _, y := range completed {
			out = append(out, cell([2]float64{1, y}))
		}
		return out
	}
	// Differences by task are -1, 0, 0, 1, -1: mean -0.2, sample variance 0.7, so se² = 0.7/5.
	d, err := stats.PopulationCompletionDifference(outcomes(1, 1, 0, 0, 1), outcomes(0, 1, 0, 1, 0))
	if err != nil {
		t.Fatal(err)
	}
	if !same(d.Estimate, -0.2, 1e-15) || !same(d.SE, math.Sqrt(0.14), 1e-12) || d.DF != 4 {
		t.Errorf("got %+v, want -0.2, %v and 4", d, math.Sqrt(0.14))
	}
	// Ten tasks that all complete do not prove that nothing changes: (1+1)/(10+2) and so on give a spread.
	all := outcomes(1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	d, err = stats.PopulationCompletionDifference(all, all)
	if err != nil {
		t.Fatal(err)
	}
	qi := (1 + 2*11./12) / 3
	if want := math.Sqrt(2 * qi * (1 - qi) * 3 / 4 / 10); d.Estimate != 0 || !same(d.SE, want, 1e-12) {
		t.Errorf("got %+v when all complete, want 0 and an SE of %v", d, want)
	}
}

func TestNetBenefitOfAValueThatIsNone(t *testing.T) {
	arm := []stats.Cell{cell([2]float64{1, 1}, [2]float64{1, 0})}
	for _, value := range []float64{-1, math.NaN(), math.Inf(1), 1e51} {
		if b, err := stats.NetBenefit(arm, arm, value); err == nil {
			t.Errorf("NetBenefit(%v) = %+v, want an error", value, b)
		}
	}
	dearer := []stats.Cell{cell([2]float64{2, 1}, [2]float64{2, 0})}
	for _, test := range []struct {
		name       string
		base, head []stats.Cell
		estimate   float64
		accept     float64
	}{{"dearer", arm, dearer, -1, 0}, {"cheaper", dearer, arm, 1, 1}, {"the same", arm, arm, 0, 0.5}} {
		t.Run(test.name, func(t *testing.T) {
			b, err := stats.NetBenefit(test.base, test.head, 0)
			if err != nil || b.Estimate != test.estimate || b.SE != 0 || b.Accept != test.accept {
				t.Errorf("got %+v, %v; want %v without an error, accepted by %v", b, err, test.estimate, test.accept)
			}
		})
	}
}
