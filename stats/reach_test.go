package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/pertask/pertask/stats"
)

func ladder(t *testing.T, looks ...int) *stats.Sequence {
	t.Helper()
	s, err := stats.NewSequence(stats.DefaultRule(looks))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// falling is a standard error that was seen after so many trials, at each look.
func falling(looks []int, trials int, se float64) []float64 {
	var out []float64
	for _, n := range looks {
		out = append(out, se*math.Sqrt(float64(trials)/float64(n)))
	}
	return out
}

// TestReachAgainstSimulation holds the recursion against drawn log ratios and trials that are tested by the same rule.
func TestReachAgainstSimulation(t *testing.T) {
	looks := []int{2, 3, 5, 8, 13, 20}
	s := ladder(t, looks...)
	for _, spread := range []float64{0.3, 0.7} {
		se := falling(looks, 5, 0.2)
		made, chance := s.Reach(se, spread)
		const runs = 20_000
		rng := rand.New(rand.NewPCG(1, 2))
		got, verdicts := make([]float64, len(looks)), 0.0
		for range runs {
			effect, sum, info := spread*rng.NormFloat64(), 0.0, 0.0
			for k := range looks {
				got[k]++
				now := 1 / (se[k] * se[k])
				sum += effect*(now-info) + math.Sqrt(now-info)*rng.NormFloat64()
				info = now
				z := sum / math.Sqrt(now)
				step := s.AtPlanned(k, stats.Test{T: z, P: 2 * stats.NormalCDF(-math.Abs(z))}, 1e9, se[k], se[k+1:])
				if step.Crossed {
					verdicts++
				}
				if step.Done() {
					break
				}
			}
		}
		for k := range looks {
			if diff := math.Abs(got[k]/runs - made[k]); diff > 0.012 {
				t.Errorf("spread %v, look %d: %.4f, simulated %.4f", spread, k, made[k], got[k]/runs)
			}
		}
		if diff := math.Abs(verdicts/runs - chance); diff > 0.012 {
			t.Errorf("spread %v: chance %.4f, simulated %.4f", spread, chance, verdicts/runs)
		}
	}
}

// TestReachIsWhatSimulationsSpend holds the expected rounds against those that docs/simulation.md's kind of suites needed on
// average: 10 tasks of typical and of mild spread with 90 % of the trials complete, at a spread of 0.5.
func TestReachIsWhatSimulationsSpend(t *testing.T) {
	looks := []int{2, 3, 5, 8, 13, 20}
	s := ladder(t, looks...)
	for name, tt := range map[string]struct{ factor, want float64 }{"typical": {1.40, 8.7}, "mild": {1.19, 5.7}} {
		made, _ := s.Reach(falling(looks, 5, math.Log(tt.factor)/2), 0.5)
		rounds, before := 0.0, 0
		for k, n := range looks {
			rounds += made[k] * float64(n-before)
			before = n
		}
		if math.Abs(rounds-tt.want) > 1 {
			t.Errorf("%s: %.2f rounds, want about %v", name, rounds, tt.want)
		}
	}
}

func TestReachOfNothing(t *testing.T) {
	looks := []int{5, 8, 13, 20}
	s := ladder(t, looks...)
	for name, tt := range map[string]struct {
		se     []float64
		spread float64
	}{
		"no errors": {nil, 0.7}, "too few": {[]float64{1, 0.9}, 0.7}, "endless": {[]float64{math.Inf(1), 1, 0.5, 0.2}, 0.7},
		"growing": {[]float64{0.1, 0.2, 0.3, 0.4}, 0.7}, "none": {[]float64{0.4, 0.3, 0.2, 0}, 0.7}, "no spread": {falling(looks, 5, 0.3), 0},
		"no number": {falling(looks, 5, math.NaN()), 0.7},
	} {
		made, chance := s.Reach(tt.se, tt.spread)
		for k, p := range made {
			if p != 1 || !math.IsNaN(chance) {
				t.Errorf("%s: look %d with %v, chance %v; want every look and no chance", name, k, p, chance)
			}
		}
	}
	made, chance := ladder(t, 5).Reach([]float64{0.2}, 0.7)
	if len(made) != 1 || made[0] != 1 || !(chance > 0.4 && chance < 0.7) {
		t.Errorf("one look: %v, %v", made, chance)
	}
}
