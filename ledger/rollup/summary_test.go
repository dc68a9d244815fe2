package rollup_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/stats"
)

func TestSummarize(t *testing.T) {
	for _, tt := range []struct {
		name string
		x    []float64
		want rollup.Summary
	}{
		{"none", nil, rollup.Summary{}},
		{"one", []float64{3}, rollup.Summary{N: 1, Median: 3, Mean: 3, Quartile: [2]float64{3, 3}, Least: 3, Most: 3}},
		{"two", []float64{4, 2}, rollup.Summary{N: 2, Median: 3, Mean: 3, Quartile: [2]float64{2.5, 3.5}, Least: 2, Most: 4}},
		{"five", []float64{5, 1, 2, 4, 3}, rollup.Summary{N: 5, Median: 3, Mean: 3, Quartile: [2]float64{2, 4}, Least: 1, Most: 5}},
		{"six", []float64{6, 1, 2, 4, 3, 5}, rollup.Summary{N: 6, Median: 3.5, Mean: 3.5, Quartile: [2]float64{2.25, 4.75}, Least: 1, Most: 6, MedianInterval: &stats.Interval{Low: 1, High: 6}}},
		// Without skewness it is Student's: 4.5 -+ 2.9980 * 2.4495/sqrt(8), 2.9980 being t's of 99 % and 7 degrees of freedom.
		{"eight", []float64{1, 2, 3, 4, 5, 6, 7, 8}, rollup.Summary{N: 8, Median: 4.5, Mean: 4.5, Quartile: [2]float64{2.75, 6.25}, Least: 1, Most: 8,
			MedianInterval: &stats.Interval{Low: 1, High: 8}, MeanInterval: &stats.Interval{Low: 1.90369, High: 7.09631}}},
		{"the same", []float64{2, 2, 2, 2, 2, 2, 2, 2}, rollup.Summary{N: 8, Median: 2, Mean: 2, Quartile: [2]float64{2, 2}, Least: 2, Most: 2,
			MedianInterval: &stats.Interval{Low: 2, High: 2}, MeanInterval: &stats.Interval{Low: 2, High: 2}}},
		{"nothing", make([]float64, 8), rollup.Summary{N: 8, MedianInterval: &stats.Interval{}, MeanInterval: &stats.Interval{}}},
	} {
		before := slices.Clone(tt.x)
		if diff := cmp.Diff(tt.want, rollup.Summarize(tt.x), cmpopts.EquateApprox(0, 1e-4)); diff != "" || !slices.Equal(before, tt.x) {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// The ranks of the median's interval are those of tables of the sign test: the least k of which so many tails have 2.5 %.
func TestMedianInterval(t *testing.T) {
	for n, rank := range map[int]int{6: 1, 8: 1, 9: 2, 11: 2, 12: 3, 15: 4, 20: 6, 25: 8, 30: 10, 50: 18, 100: 40} {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(i + 1)
		}
		got := rollup.Summarize(x).MedianInterval
		if got == nil || got.Low != float64(rank) || got.High != float64(n+1-rank) {
			t.Errorf("of %d: %+v, want %d to %d", n, got, rank, n+1-rank)
		}
	}
}

// heavy are kinds of costs with a known mean and median, and how often the interval of the mean holds it at least, of
// fifteen or more of them. They are what docs/spend.md says.
var heavy = []struct {
	name         string
	draw         func(*rand.Rand) float64
	mean, median float64
	least        float64
}{
	{"lognormal, sigma 0.8", func(r *rand.Rand) float64 { return math.Exp(0.8 * r.NormFloat64()) }, math.Exp(0.32), 1, 0.94},
	{"lognormal, sigma 1.2", func(r *rand.Rand) float64 { return math.Exp(1.2 * r.NormFloat64()) }, math.Exp(0.72), 1, 0.91},
	{"lognormal, sigma 1.6", func(r *rand.Rand) float64 { return math.Exp(1.6 * r.NormFloat64()) }, math.Exp(1.28), 1, 0.89},
	{"chi-squared, one degree", func(r *rand.Rand) float64 { z := r.NormFloat64(); return z * z }, 1, 0.4549364, 0.95},
	{"Pareto, alpha 2.5", func(r *rand.Rand) float64 { return math.Pow(1-r.Float64(), -0.4) }, 5.0 / 3, math.Pow(2, 0.4), 0.92},
}

// Both intervals hold what they are for as often as they say, in 2,000 histories of each kind and size.
func TestIntervalsHold(t *testing.T) {
	const runs = 2000
	for _, h := range heavy {
		r := rand.New(rand.NewPCG(17, 8))
		for _, n := range []int{15, 40, 150} {
			median, mean, short := 0, 0, 0
			x := make([]float64, n)
			for range runs {
				for i := range x {
					x[i] = h.draw(r)
				}
				s := rollup.Summarize(x)
				if s.MedianInterval.Low <= h.median && h.median <= s.MedianInterval.High {
					median++
				}
				if s.MeanInterval.Low <= h.mean && h.mean <= s.MeanInterval.High {
					mean++
				}
				if s.MeanInterval.Low > s.Mean || s.MeanInterval.High < s.Mean || s.MeanInterval.Low < 0 {
					short++
				}
			}
			t.Logf("%s, %d: median %.3f, mean %.3f", h.name, n, float64(median)/runs, float64(mean)/runs)
			if got := float64(median) / runs; got < 0.94 {
				t.Errorf("%s, %d: the median's interval holds in %.3f", h.name, n, got)
			}
			if got := float64(mean) / runs; got < h.least {
				t.Errorf("%s, %d: the mean's interval holds in %.3f, want %.2f", h.name, n, got, h.least)
			}
			if short > 0 {
				t.Errorf("%s, %d: %d intervals without the mean that was seen", h.name, n, short)
			}
		}
	}
}
