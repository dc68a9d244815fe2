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
func (m mixture) above(tails *tails, x float64) (share, density float64) {
	for _, c := range m.parts {
		s, d := tails.at((x - c.mean) / c.se)
		share += c.weight * s
		density += c.weight * d / c.se
	}
	return share, density
}

// tails are the upper tails of Student's distribution at equal steps, with the density there, for some hundreds of looks.
type tails struct {
	df     float64
	front  float64 // of the density
	points [tailSteps + 1]struct{ share, density float64 }
}

const (
	tailStep  = 0.1
	tailSteps = 80
)

func newTails(df float64) *tails {
	t := &tails{df: df}
	above, _ := math.Lgamma((df + 1) / 2)
	at, _ := math.Lgamma(df / 2)
	t.front = math.Exp(above-at) / math.Sqrt(df*math.Pi)
	for i := range t.points {
		x := float64(i) * tailStep
		t.points[i].share, t.points[i].density = stats.TUpper(x, df), t.densityAt(x)
	}
	return t
}

func (t *tails) densityAt(x float64) float64 {
	return t.front * math.Exp(-(t.df+1)/2*math.Log1p(x*x/t.df))
}

// at returns the tail above x and the density. Between the points it is the cubic that has their tails and densities, whose
// error is below 1e-6 (a fourth derivative below 1 times step⁴/384); beyond them it is worked out.
func (t *tails) at(x float64) (share, density float64) {
	if x < 0 {
		share, density = t.at(-x)
		return 1 - share, density
	}
	i := int(x / tailStep)
	if i >= tailSteps || math.IsNaN(x) {
		return stats.TUpper(x, t.df), t.densityAt(x)
	}
	a, b := t.points[i], t.points[i+1]
	u := x/tailStep - float64(i)
	v := 1 - u
	share = v*v*(1+2*u)*a.share + u*u*(1+2*v)*b.share + tailStep*u*v*(u*b.density-v*a.density)
	return share, v*a.density + u*b.density
}

// interval has as much of what is believed below it as above.
func (m mixture) interval(confidence float64) (low, high float64) {
	tail := (1 - confidence) / 2
	tails := newTails(m.df)
	return m.quantile(tails, tail), m.quantile(tails, 1-tail)
}

// quantile is the x with a share of p below it, by Newton's method, and by bisection where that would leave the bracket.
func (m mixture) quantile(tails *tails, p float64) float64 {
	low, high := math.Inf(1), math.Inf(-1)
	reach := stats.TQuantileUpper(min(p, 1-p), m.df)
	for _, c := range m.parts {
		low, high = min(low, c.mean-reach*c.se), max(high, c.mean+reach*c.se)
	}
	x := m.mean() + (stats.NormalQuantile(p))*m.sd()
	for range 60 {
		share, density := m.above(tails, x)
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
