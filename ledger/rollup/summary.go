package rollup

import (
	"math"
	"slices"

	"github.com/pertask/pertask/stats"
)

// The fewest numbers for which there is an interval. Of five, not even the least and the most hold the median often enough.
const (
	leastForMedian = 6
	leastForMean   = 8
)

// Summary describes the costs of pull requests, in dollars. The zero value is of none.
type Summary struct {
	N        int        `json:"n"`
	Median   float64    `json:"median"`
	Mean     float64    `json:"mean"`
	Quartile [2]float64 `json:"quartiles"` // first and third
	Least    float64    `json:"least"`
	Most     float64    `json:"most"`
	// MedianInterval holds the median with 95 % confidence or more, whatever the costs are like: its ends are two of the
	// costs, by the binomial distribution. Nil for fewer than 6.
	MedianInterval *stats.Interval `json:"median_interval"`
	// MeanInterval is for the mean. A few costs weigh more in it than all others, so that no interval holds it in 95 of 100
	// cases for whatever is merged: this one is Student's with Hall's correction for skewness (Annals of Statistics 20, 1992),
	// at 98 % instead of 95 %. docs/spend.md has what it holds in simulations. Nil for fewer than 8.
	MeanInterval *stats.Interval `json:"mean_interval"`
}

// confidence is what an interval holds, and wide what the mean's is worked out for.
const (
	confidence = 0.95
	wide       = 0.98
)

// Summarize describes costs, which are finite and at least 0. It leaves them as they are.
func Summarize(costs []float64) Summary {
	x := slices.Sorted(slices.Values(costs))
	s := Summary{N: len(x)}
	if s.N == 0 {
		return s
	}
	s.Least, s.Most = x[0], x[s.N-1]
	s.Median, s.Quartile = quantile(x, 0.5), [2]float64{quantile(x, 0.25), quantile(x, 0.75)}
	mean, deviation, skewness := moments(x)
	s.Mean = mean
	if rank := medianRank(s.N); rank >= 0 {
		s.MedianInterval = &stats.Interval{Low: x[rank], High: x[s.N-1-rank]}
	}
	if s.N >= leastForMean {
		i := hall(mean, deviation, skewness, s.N)
		s.MeanInterval = &i
	}
	return s
}

// quantile is the value at a share of sorted numbers, between two of them in proportion (Hyndman and Fan's type 7).
func quantile(x []float64, p float64) float64 {
	at := p * float64(len(x)-1)
	i := int(at)
	if i+1 >= len(x) {
		return x[len(x)-1]
	}
	return x[i] + (at-float64(i))*(x[i+1]-x[i])
}

// medianRank is the index of the number, of n sorted ones, that the median is below with a probability of at most 2.5 %:
// so many tails or fewer in n throws of a coin. It is -1 where there is none.
func medianRank(n int) int {
	if n < leastForMedian {
		return -1
	}
	ln, _ := math.Lgamma(float64(n + 1))
	below := 0.0
	for k := 0; ; k++ {
		a, _ := math.Lgamma(float64(k + 1))
		b, _ := math.Lgamma(float64(n - k + 1))
		if below += math.Exp(ln - a - b - float64(n)*math.Ln2); below > (1-confidence)/2 {
			return k - 1
		}
	}
}

// moments returns the mean, the standard deviation and the skewness. The skewness is 0 where all numbers are the same.
func moments(x []float64) (mean, deviation, skewness float64) {
	n := float64(len(x))
	for _, v := range x {
		mean += v / n
	}
	var second, third float64
	for _, v := range x {
		d := v - mean
		second, third = second+d*d/n, third+d*d*d/n
	}
	if second > 0 {
		skewness = third / math.Pow(second, 1.5)
	}
	return mean, math.Sqrt(second * n / max(n-1, 1)), skewness
}

// hall is the interval of the mean by Hall's transformation, which takes the skewness out of Student's t and can be
// inverted. It does not reach below 0, since no cost does.
func hall(mean, deviation, skewness float64, n int) stats.Interval {
	root := math.Sqrt(float64(n))
	t := stats.TQuantileUpper((1-wide)/2, float64(n-1)) / root
	undo := func(u float64) float64 {
		if math.Abs(skewness) < 1e-6 {
			return u
		}
		return 3 / skewness * (math.Cbrt(1+skewness*(u-skewness/(6*float64(n)))) - 1)
	}
	return stats.Interval{Low: max(0, mean-deviation*undo(t)), High: mean - deviation*undo(-t)}
}

// fence is the cost above which one is far from the others: one and a half times the distance of the quartiles' logarithms
// above the third (Tukey's fence). It is +Inf for fewer than 8 costs, and where a quartile is 0.
func (s Summary) fence() float64 {
	if s.N < leastForMean || s.Quartile[0] <= 0 {
		return math.Inf(1)
	}
	return s.Quartile[1] * math.Pow(s.Quartile[1]/s.Quartile[0], 1.5)
}
