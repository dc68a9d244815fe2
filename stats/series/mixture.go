package series

import (
	"math"

	"github.com/pertask/pertask/stats"
)

// component is Student's distribution of the step at one point of the grid.
type component struct {
	mean, se       float64
	drift, driftSD float64
	log, weight    float64 // log is not normalised; weight is
}

// mixture is what is believed of the step over the whole grid.
type mixture struct {
	parts          []component
	df             float64
	drift, driftSD float64
}

// negligible is the share of a component that does not count: all of those together move an end of an interval by less
// than the third digit.
const negligible = 1e-4

// weigh makes weights of the logarithms. It is false when there is nothing to weigh.
func (m *mixture) weigh() bool {
	if len(m.parts) == 0 || !(m.df > 2) {
		return false
	}
	most, sum := math.Inf(-1), 0.0
	for _, c := range m.parts {
		most = max(most, c.log)
	}
	for i := range m.parts {
		m.parts[i].weight = math.Exp(m.parts[i].log - most)
		sum += m.parts[i].weight
	}
	kept, total := m.parts[:0], 0.0
	for _, c := range m.parts {
		if c.weight /= sum; c.weight >= negligible {
			kept = append(kept, c)
			total += c.weight
		}
	}
	m.parts = kept
	var spread float64
	for i := range kept {
		kept[i].weight /= total
		m.drift += kept[i].weight * kept[i].drift
	}
	for _, c := range kept {
		spread += c.weight * (square(c.driftSD) + square(c.drift-m.drift))
	}
	m.driftSD = math.Sqrt(spread)
	return !math.IsNaN(total) && total > 0
}

// mean is the mean.
func (m mixture) mean() float64 {
	mean := 0.0
	for _, c := range m.parts {
		mean += c.weight * c.mean
	}
	return mean
}

// sd is the standard deviation.
func (m mixture) sd() float64 {
	mean, variance := m.mean(), 0.0
	for _, c := range m.parts {
		variance += c.weight * (square(c.se)*m.df/(m.df-2) + square(c.mean-mean))
	}
	return math.Sqrt(variance)
}

// above is the share of what is believed that is above x, and its density there.
func (m mixture) above(x float64) (share, density float64) {
	for _, c := range m.parts {
		t := (x - c.mean) / c.se
		share += c.weight * stats.TUpper(t, m.df)
		density += c.weight * math.Exp(-(m.df+1)/2*math.Log1p(t*t/m.df)) / c.se
	}
	above, _ := math.Lgamma((m.df + 1) / 2)
	at, _ := math.Lgamma(m.df / 2)
	return share, density * math.Exp(above-at) / math.Sqrt(m.df*math.Pi)
}

// quantile is the x with a share of p below it, by Newton's method, and by bisection where that would leave the bracket.
func (m mixture) quantile(p float64) float64 {
	low, high := math.Inf(1), math.Inf(-1)
	reach := stats.TQuantileUpper(min(p, 1-p), m.df)
	for _, c := range m.parts {
		low, high = min(low, c.mean-reach*c.se), max(high, c.mean+reach*c.se)
	}
	x := m.mean() + (stats.NormalQuantile(p))*m.sd()
	for range 60 {
		share, density := m.above(x)
		if share > 1-p {
			low = max(low, x)
		} else {
			high = min(high, x)
		}
		next := x + (share-(1-p))/density
		if !(next > low && next < high) {
			next = low + (high-low)/2
		}
		step := math.Abs(next - x)
		x = next
		if step < 1e-9 {
			break
		}
	}
	return x
}
