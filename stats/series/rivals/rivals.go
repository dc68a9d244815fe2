// Package rivals has other ways to tell how a level changed, to compare package series with.
//
// It knows methods that were not chosen: docs/design/015-followup.md says why. It refuses to be used for anything else.
// Each takes a history with the switch at day 0 and returns nil when it cannot tell. None adjusts for a drift.
package rivals

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/stats/series"
)

// Method is one way.
type Method struct {
	Name   string
	Effect func([]series.Point) *series.Effect
}

// All returns the methods.
func All() []Method {
	return []Method{
		{"least squares", leastSquares},
		{"least squares, Newey-West", neweyWest},
		{"Huber, Newey-West", huberNeweyWest},
		{"Hodges-Lehmann", hodgesLehmann},
		{"Prais-Winsten", praisWinsten},
		{"block means", blockMeans},
		{"block permutation", blockPermutation},
	}
}

// split returns the logarithms of both sides in the order of days.
func split(points []series.Point) (before, after []float64) {
	sorted := slices.Clone(points)
	slices.SortStableFunc(sorted, func(a, b series.Point) int { return cmp.Compare(a.Day, b.Day) })
	for _, p := range sorted {
		switch {
		case !(p.Spend > 0):
		case p.Day < 0:
			before = append(before, math.Log(p.Spend))
		default:
			after = append(after, math.Log(p.Spend))
		}
	}
	return before, after
}

// student is an effect with an interval of Student's t.
func student(log, se, df float64) *series.Effect {
	if !(se > 0) || !(df > 0) {
		return nil
	}
	return between(log, log-stats.TQuantileUpper(0.025, df)*se, log+stats.TQuantileUpper(0.025, df)*se, se)
}

func between(log, low, high, se float64) *series.Effect {
	return &series.Effect{Ratio: math.Exp(log), Low: math.Exp(low), High: math.Exp(high), Log: log, SE: se}
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// less returns numbers less a number.
func less(x []float64, by float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v - by
	}
	return out
}

func squares(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return sum
}

// leastSquares is the t interval of two groups with a common variance.
func leastSquares(points []series.Point) *series.Effect {
	b, a := split(points)
	nb, na := float64(len(b)), float64(len(a))
	s := squares(less(b, mean(b))) + squares(less(a, mean(a)))
	return student(mean(a)-mean(b), math.Sqrt(s/(nb+na-2)*(1/nb+1/na)), nb+na-2)
}

// neweyWest is least squares with the standard error of Newey and West (1987): Bartlett's weights up to the lag
// 4 (n/100)^(2/9), times n/(n-2).
func neweyWest(points []series.Point) *series.Effect {
	b, a := split(points)
	return newey(less(b, mean(b)), less(a, mean(a)), mean(a)-mean(b))
}

// newey is Newey and West's interval of a difference of means, from residuals.
func newey(b, a []float64, log float64) *series.Effect {
	n := len(b) + len(a)
	influence := make([]float64, 0, n)
	for _, v := range b {
		influence = append(influence, -v/float64(len(b)))
	}
	for _, v := range a {
		influence = append(influence, v/float64(len(a)))
	}
	lags := int(4 * math.Pow(float64(n)/100, 2.0/9))
	variance := squares(influence)
	for lag := 1; lag <= lags; lag++ {
		for i := lag; i < n; i++ {
			variance += 2 * (1 - float64(lag)/float64(lags+1)) * influence[i] * influence[i-lag]
		}
	}
	return student(log, math.Sqrt(variance*float64(n)/float64(n-2)), float64(n-2))
}

// huberNeweyWest is neweyWest for Huber's M-estimator of each side's level.
func huberNeweyWest(points []series.Point) *series.Effect {
	b, a := split(points)
	levelB, residualB, okB := huber(b)
	levelA, residualA, okA := huber(a)
	if !okB || !okA {
		return nil
	}
	return newey(residualB, residualA, levelA-levelB)
}

// huber returns Huber's estimate of the level with the constant 1.345, and the influence of each number, of mean 0.
func huber(x []float64) (level float64, influence []float64, ok bool) {
	level = median(x)
	abs := make([]float64, len(x))
	for i, v := range x {
		abs[i] = math.Abs(v - level)
	}
	limit := 1.345 * 1.4826 * median(abs)
	if !(limit > 0) {
		return 0, nil, false
	}
	for range 50 {
		inside, sum := 0.0, 0.0
		influence = influence[:0]
		for _, v := range x {
			c := max(-limit, min(limit, v-level))
			if c == v-level {
				inside++
			}
			sum += c
			influence = append(influence, c)
		}
		for i := range influence {
			influence[i] *= float64(len(x)) / inside
		}
		step := sum / inside
		level += step
		if math.Abs(step) < 1e-9 {
			break
		}
	}
	return level, influence, true
}

func median(x []float64) float64 {
	sorted := slices.Sorted(slices.Values(x))
	m := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[m]
	}
	return (sorted[m-1] + sorted[m]) / 2
}

// hodgesLehmann is the median of all differences with the interval of the Mann-Whitney test.
func hodgesLehmann(points []series.Point) *series.Effect {
	b, a := split(points)
	var differences []float64
	for _, x := range a {
		for _, y := range b {
			differences = append(differences, x-y)
		}
	}
	slices.Sort(differences)
	nb, na := float64(len(b)), float64(len(a))
	k := int(math.Floor(nb*na/2 - 1.96*math.Sqrt(nb*na*(nb+na+1)/12)))
	if k < 0 {
		return nil
	}
	low, high := differences[k], differences[len(differences)-1-k]
	return between(median(differences), low, high, (high-low)/2/1.96)
}

// praisWinsten is generalised least squares for an autoregression of order 1 whose coefficient is taken for known as it is
// estimated, over and over (Prais and Winsten 1954).
func praisWinsten(points []series.Point) *series.Effect {
	b, a := split(points)
	y := append(slices.Clone(b), a...)
	levelB, step := mean(b), mean(a)-mean(b)
	var variance float64
	phi := 0.0
	for range 20 {
		r := append(less(b, levelB), less(a, levelB+step)...)
		num, den := 0.0, 0.0
		for i := 1; i < len(r); i++ {
			num += r[i] * r[i-1]
			den += r[i-1] * r[i-1]
		}
		phi = max(-0.95, min(0.95, num/den))
		levelB, step, variance = generalised(y, len(b), phi)
	}
	return student(step, math.Sqrt(variance), float64(len(y)-2))
}

// generalised returns the level, the step, and the step's variance for a known phi.
func generalised(y []float64, before int, phi float64) (level, step, variance float64) {
	var s [2][2]float64
	var t [2]float64
	var whiteY, white0, white1 []float64
	last := [3]float64{}
	for i, v := range y {
		now := [3]float64{1, 0, v}
		if i >= before {
			now[1] = 1
		}
		w := now
		for j := range w {
			if i == 0 {
				w[j] *= math.Sqrt(1 - phi*phi)
			} else {
				w[j] -= phi * last[j]
			}
		}
		last = now
		white0, white1, whiteY = append(white0, w[0]), append(white1, w[1]), append(whiteY, w[2])
		s[0][0] += w[0] * w[0]
		s[0][1] += w[0] * w[1]
		s[1][1] += w[1] * w[1]
		t[0] += w[0] * w[2]
		t[1] += w[1] * w[2]
	}
	det := s[0][0]*s[1][1] - s[0][1]*s[0][1]
	level, step = (s[1][1]*t[0]-s[0][1]*t[1])/det, (s[0][0]*t[1]-s[0][1]*t[0])/det
	rss := 0.0
	for i := range whiteY {
		e := whiteY[i] - level*white0[i] - step*white1[i]
		rss += e * e
	}
	return level, step, rss / float64(len(y)-2) * s[0][0] / det
}

// blocks is how many blocks of neighbours each side is cut into.
const blocks = 4

// means returns the mean of each of the blocks.
func means(x []float64) []float64 {
	out := make([]float64, blocks)
	for i := range out {
		out[i] = mean(x[i*len(x)/blocks : (i+1)*len(x)/blocks])
	}
	return out
}

// blockMeans is Welch's t test of the means of blocks, with the fewer degrees of freedom of both sides (Ibragimov and
// Müller 2016).
func blockMeans(points []series.Point) *series.Effect {
	b, a := split(points)
	if len(b) < blocks || len(a) < blocks {
		return nil
	}
	x, y := means(b), means(a)
	v := squares(less(x, mean(x)))/blocks/(blocks-1) + squares(less(y, mean(y)))/blocks/(blocks-1)
	return student(mean(a)-mean(b), math.Sqrt(v), blocks-1)
}

// blockPermutation puts the deviations of blocks of three neighbours in another order, 400 times, and takes the range of
// the differences of means that comes of it around the one that was seen. It uses the same random numbers every time.
func blockPermutation(points []series.Point) *series.Effect {
	const length, times = 3, 400
	b, a := split(points)
	deviations := append(less(b, mean(b)), less(a, mean(a))...)
	order := make([]int, (len(deviations)+length-1)/length)
	for i := range order {
		order[i] = i
	}
	r := rand.New(rand.NewPCG(1, 1))
	differences := make([]float64, times)
	for i := range differences {
		r.Shuffle(len(order), func(x, y int) { order[x], order[y] = order[y], order[x] })
		var drawn []float64
		for _, k := range order {
			drawn = append(drawn, deviations[k*length:min(len(deviations), (k+1)*length)]...)
		}
		differences[i] = math.Abs(mean(drawn[len(b):]) - mean(drawn[:len(b)]))
	}
	slices.Sort(differences)
	half := differences[times*95/100]
	log := mean(a) - mean(b)
	return between(log, log-half, log+half, half/1.96)
}
