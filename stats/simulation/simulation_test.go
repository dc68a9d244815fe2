package simulation_test

import (
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pertask/pertask/stats/simulation"
)

// slack is how far these small numbers of runs may be off by chance. The seeds are fixed, so that chance has its say once.
const slack = 3.5

func suiteOf(c simulation.Coverage) simulation.Share      { return c.Suite }
func populationOf(c simulation.Coverage) simulation.Share { return c.Population }
func completionOf(c simulation.Coverage) simulation.Share { return c.Completion }
func benefitOf(c simulation.Coverage) simulation.Share    { return c.Benefit }

func expectNone(t *testing.T, misses []string) {
	t.Helper()
	for _, m := range misses {
		t.Error(m)
	}
}

func TestCoverage(t *testing.T) {
	cells := simulation.Cover(simulation.Find("mild-p90", "typical-p60", "typical-p30", "wild-p90", "heavy-p60", "heavy-p30"),
		[][2]int{{3, 2}, {3, 10}, {5, 3}, {10, 2}, {20, 5}, {50, 2}}, 250, 1)
	if len(cells) != 36 {
		t.Fatalf("%d cells, want 36", len(cells))
	}
	for _, c := range cells {
		for name, s := range map[string]simulation.Share{"suite": c.Suite, "bounded": c.Bounded, "population": c.Population, "completion": c.Completion, "benefit": c.Benefit} {
			if s.Of != 250 {
				t.Fatalf("%s %dx%d: %s counts %d runs", c.Scenario.Name, c.Tasks, c.Trials, name, s.Of)
			}
		}
	}
	expectNone(t, simulation.CheckCoverage("suite", cells, suiteOf, slack))
	expectNone(t, simulation.CheckCoverage("population", cells, populationOf, slack))
	expectNone(t, simulation.CheckCoverage("completion", cells, completionOf, slack))
	expectNone(t, simulation.CheckCoverage("benefit", cells, benefitOf, slack))
}

// One trial per task has no interval of suite scope, and one of population scope.
func TestCoverageOfSingleTrials(t *testing.T) {
	cells := simulation.Cover(simulation.Find("typical-p90", "wild-p60"), [][2]int{{10, 1}, {20, 1}}, 300, 1)
	for _, c := range cells {
		if c.Suite.Of != 0 || c.Population.Of != 300 || !math.IsNaN(c.Factor) {
			t.Errorf("%+v", c)
		}
	}
	expectNone(t, simulation.CheckCoverage("population", cells, populationOf, slack))
	if got := simulation.CheckCoverage("suite", cells, suiteOf, slack); len(got) != len(cells)+1 {
		t.Errorf("cells that nothing was counted in pass: %q", got)
	}
}

// More trials make the interval of a suite narrower by their root, and hardly that of the population.
func TestWidths(t *testing.T) {
	cells := simulation.Cover(simulation.Find("typical-p90"), [][2]int{{10, 3}, {10, 10}}, 400, 1)
	few, many := cells[0], cells[1]
	if ratio := math.Log(few.Factor) / math.Log(many.Factor); ratio < 1.6 || ratio > 2.3 {
		t.Errorf("widths %v and %v", few.Factor, many.Factor)
	}
	for i, want := range []float64{1.55, 1.26} { // by another program
		if math.Abs(cells[i].Factor-want) > 0.03 {
			t.Errorf("%d trials: factor %v, want %v", cells[i].Trials, cells[i].Factor, want)
		}
	}
}

func TestErrors(t *testing.T) {
	worlds := simulation.Find("mild-p90", "typical-p90", "typical-p30", "heavy-p60")
	for _, ratio := range []float64{0.85, 1, 1.18} {
		cells := simulation.Err(worlds, []int{3, 10, 20}, ratio, 400, 1)
		expectNone(t, simulation.CheckErrors(cells, slack))
		for _, c := range cells {
			for d, p := range c.Played {
				if p.Wrong.Of != 400 || p.Spend <= 0 || p.Spend > 20 || ratio == 1 && p.Right.Count > 0 {
					t.Errorf("%s, %d tasks, %s at %v: %+v", c.Scenario.Name, c.Tasks, simulation.Design(d), ratio, p)
				}
			}
			if plain, futile := c.Played[simulation.Plain], c.Played[simulation.Futile]; futile.Wrong.Count > plain.Wrong.Count || futile.Spend > plain.Spend {
				t.Errorf("%s, %d tasks at %v: stopping early costs more, or raises the error: %+v, %+v", c.Scenario.Name, c.Tasks, ratio, plain, futile)
			}
		}
	}
}

func TestSpend(t *testing.T) {
	var cells []simulation.SpendCell
	for _, w := range simulation.Find("mild-p90", "typical-p60", "heavy-p60") {
		for _, tasks := range []int{3, 10, 20} {
			cells = append(cells, simulation.SpendCell{Scenario: w, Tasks: tasks})
		}
	}
	got := simulation.Compare(cells, 400, 1)
	expectNone(t, simulation.CheckSpend(got, slack))
	mean := 0.0
	for i, s := range got {
		mean += s.Saving(simulation.Reused) / float64(len(got))
		if s.Scenario.Name != cells[i].Scenario.Name || s.Tasks != cells[i].Tasks || !(s.Saving(simulation.Reused) > s.Saving(simulation.Futile)) {
			t.Errorf("cell %+v gave %+v", cells[i], s)
		}
		if watched := s.Played[simulation.Watched].Spend; !(watched > s.Played[simulation.Reused].Spend) {
			t.Errorf("%s, %d tasks: sentinels cost nothing", s.Scenario.Name, s.Tasks)
		}
	}
	if mean < 0.6 {
		t.Errorf("stored base trials save %v in the mean, want more than 0.6", mean)
	}
}

func TestCalibration(t *testing.T) {
	got := simulation.Calibrate(simulation.Find("mild-p90", "typical-p60"), 10, 500, 1)
	if len(got) != 10 {
		t.Fatalf("%d deciles", len(got))
	}
	expectNone(t, simulation.CheckCalibration(got, slack))
	n := 0
	for i, d := range got {
		n += d.Of
		if i > 0 && d.Promised < got[i-1].Promised {
			t.Errorf("decile %d promises less than the one before", i+1)
		}
		if math.Abs(d.PromisedRounds-d.ActualRounds) > 3 {
			t.Errorf("decile %d: %v rounds promised, %v came", i+1, d.PromisedRounds, d.ActualRounds)
		}
	}
	if n < 300 || n > 1000 {
		t.Errorf("%d comparisons went on after the first look", n)
	}
}

// The numbers do not depend on how many processors work them out.
func TestSeedsDecide(t *testing.T) {
	all := func(seed uint64) any {
		w := simulation.Find("typical-p60", "heavy-p90")
		return []any{simulation.Cover(w, [][2]int{{3, 3}, {5, 2}}, 20, seed), simulation.Err(w, []int{3, 5}, 1, 10, seed),
			simulation.Compare([]simulation.SpendCell{{Scenario: w[0], Tasks: 3}, {Scenario: w[1], Tasks: 5}}, 5, seed), simulation.Calibrate(w, 5, 30, seed)}
	}
	many := all(1)
	before := runtime.GOMAXPROCS(1)
	one := all(1)
	runtime.GOMAXPROCS(before)
	if diff := cmp.Diff(many, one, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("one processor: %s", diff)
	}
	if cmp.Equal(many, all(2), cmpopts.EquateNaNs()) {
		t.Error("another seed gives the same numbers")
	}
}

func TestScenarios(t *testing.T) {
	all := simulation.Scenarios()
	names := map[string]bool{}
	for _, s := range all {
		names[s.Name] = true
		if got := simulation.Find(s.Name); len(got) != 1 || got[0] != s {
			t.Errorf("Find(%s) = %+v", s.Name, got)
		}
	}
	if len(all) != 16 || len(names) != 16 || !names["heavy-p10"] || !names["mild-p90"] {
		t.Errorf("%d scenarios of %d names", len(all), len(names))
	}
	defer func() {
		if recover() == nil {
			t.Error("a scenario that is none was found")
		}
	}()
	simulation.Find("tame-p50")
}

// What falls short is said: each check has an input it takes and one that it refuses.
func TestChecksRefuse(t *testing.T) {
	world := simulation.Find("mild-p90")[0]
	cover := func(counts ...int) []simulation.Coverage {
		var out []simulation.Coverage
		for _, n := range counts {
			out = append(out, simulation.Coverage{Cell: simulation.Cell{Scenario: world, Tasks: 3, Trials: 2}, Suite: simulation.Share{Count: n, Of: 1000}})
		}
		return out
	}
	errs := func(ratio float64, wrong int) []simulation.Errors {
		e := simulation.Errors{Scenario: world, Tasks: 3, Ratio: ratio}
		for d := range e.Played {
			e.Played[d].Wrong.Of = 1000
		}
		e.Played[simulation.Futile].Wrong.Count = wrong
		return []simulation.Errors{e}
	}
	spend := func(fixed float64, missed int) []simulation.Spend {
		s := simulation.Spend{Scenario: world, Tasks: 3}
		for d := range s.Played {
			s.Played[d] = simulation.Played{Spend: 4.5, Right: simulation.Share{Count: 700, Of: 1000}, Missed: simulation.Share{Count: missed, Of: 1000}}
			s.Fixed[d] = fixed
		}
		return []simulation.Spend{s}
	}
	astray := func(by float64) []simulation.Decile {
		return []simulation.Decile{{Promised: 0.5, Actual: 0.5 + by, Of: 1000}}
	}
	tests := []struct {
		name   string
		misses []string
		want   []string
	}{
		{"covers", simulation.CheckCoverage("x", cover(950, 960, 940), suiteOf, 0), nil},
		{"one covers too little", simulation.CheckCoverage("x", cover(929, 990), suiteOf, 0), []string{"0.9290, want 0.9300"}},
		{"all cover too little", simulation.CheckCoverage("x", cover(935, 945), suiteOf, 0), []string{"0.9400 in the mean, want 0.9500"}},
		{"few runs cover a little less", simulation.CheckCoverage("x", cover(915, 960), suiteOf, 3), nil},
		{"nothing counted", simulation.CheckCoverage("x", nil, suiteOf, 0), []string{"in the mean"}},
		{"errors", simulation.CheckErrors(errs(1, 63), 0), nil},
		{"too many errors", simulation.CheckErrors(errs(1, 64), 0), []string{"+ futility: 0.0640 are wrong, want at most 0.0638"}},
		{"aside", simulation.CheckErrors(errs(0.85, 15), 0), nil},
		{"too many aside", simulation.CheckErrors(errs(0.85, 16), 0), []string{"0.0160 are wrong"}},
		{"saves", simulation.CheckSpend(spend(10.1, 50), 0), nil},
		{"saves too little", simulation.CheckSpend(spend(9.9, 50), 0), []string{"saves 0.545, want 0.550"}},
		{"nothing is as right", simulation.CheckSpend(spend(math.NaN(), 50), 0), []string{"saves NaN"}},
		{"last intervals", simulation.CheckSpend(spend(20, 70), 0), []string{"rule: 0.0700", "futility: 0.0700", "base: 0.0700", "sentinels: 0.0700"}},
		{"promises", simulation.CheckCalibration(astray(0.05), 0), nil},
		{"broken promises", simulation.CheckCalibration(astray(-0.07), 0), []string{"promised 0.500, came 0.430"}},
		{"promises about nothing", simulation.CheckCalibration(make([]simulation.Decile, 1), 0), []string{"want at most"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if len(test.misses) != len(test.want) {
				t.Fatalf("%q, want %q", test.misses, test.want)
			}
			for i, m := range test.misses {
				if !strings.Contains(m, test.want[i]) {
					t.Errorf("%q, want %q", m, test.want[i])
				}
			}
		})
	}
}
