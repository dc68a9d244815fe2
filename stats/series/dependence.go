package series

import "math"

// dependence is one way in which neighbouring amounts may be alike: a part of their variance, share, comes and goes
// slowly, with a correlation of memory from each amount to the next. The rest is each amount's own. A share of 1 is an
// autoregression of order 1; days or weeks with a level of their own are a small share with a long memory.
type dependence struct {
	share, memory float64
	weight        float64 // how usual it is before any history is seen
}

// dependences and spreads are the grid over which everything that is not the ratio is added up: see
// docs/design/015-followup.md for how it was chosen.
var (
	dependences = grid()
	// spreads are ratios of the standard deviation after to that before, relative to the robust ones.
	spreads = []float64{0.46, 0.6, 0.77, 1, 1.3, 1.67, 2.15}
)

func grid() []dependence {
	return []dependence{
		{0, 0, 0.06},
		{0.15, 0.3, 0.04}, {0.35, 0.3, 0.03}, {0.65, 0.3, 0.03}, {1, 0.3, 0.04},
		{0.15, 0.5, 0.03}, {0.35, 0.5, 0.03}, {0.65, 0.5, 0.06}, {1, 0.5, 0.18},
		{0.15, 0.7, 0.04}, {0.35, 0.7, 0.05}, {0.65, 0.7, 0.07}, {1, 0.7, 0.07},
		{0.15, 0.9, 0.14}, {0.35, 0.9, 0.08}, {0.65, 0.9, 0.04},
	}
}

// products are the sums of products of whitened rows: of those before, across, and of those after the switch. With a
// standard deviation for each side they make the products of all rows without whitening again.
type products struct {
	before, across, after gram
	logDet                float64
}

// whiten makes the rows independent and of variance 1 under the dependence and adds up their products. It is the Kalman
// filter of a first-order autoregression that is seen through noise, run over all columns at once (Harvey 1989,
// Forecasting, Structural Time Series Models and the Kalman Filter, section 3.4: generalised least squares). It is linear,
// so that what rows before the switch leave in the state is followed apart from what those after it do.
func (c dependence) whiten(rows [][columns + 1]float64, n, before int) *products {
	var out products
	var states, v [2][columns + 1]float64
	own := 1 - c.share
	p, det := c.share, 1.0
	for i := range rows {
		f := p + own
		gain, root := c.memory*p/f, 1/math.Sqrt(f)
		mine, other := &states[0], &states[1]
		if i >= before {
			mine, other = other, mine
		}
		for j := range n {
			e := rows[i][j] - mine[j]
			mine[j] = c.memory*mine[j] + gain*e
			v[0][j] = root * e
			v[1][j] = -root * other[j]
			other[j] *= c.memory - gain
		}
		if i < before {
			out.before.add(&v[0], &v[0], n)
		} else {
			out.before.add(&v[1], &v[1], n)
			out.across.add(&v[1], &v[0], n)
			out.after.add(&v[0], &v[0], n)
		}
		if det *= f; det < 1e-200 {
			out.logDet += math.Log(det)
			det = 1
		}
		p = square(c.memory)*p*own/f + c.share*(1-square(c.memory))
	}
	out.logDet += math.Log(det)
	return &out
}

// scaled are the products of rows that are divided by the standard deviation of their side.
func (p *products) scaled(scale [2]float64, n int) gram {
	var g gram
	b, x, a := 1/square(scale[0]), 1/(scale[0]*scale[1]), 1/square(scale[1])
	for i := range n {
		for j := 0; j <= i; j++ {
			g[i][j] = b*p.before[i][j] + x*(p.across[i][j]+p.across[j][i]) + a*p.after[i][j]
		}
	}
	return g
}

// believe adds up over the grid what the pseudo-observations say about the step: as the trend asks for, and free of any
// expectation of the drift, which is empty but for Bounded.
//
// At each point of the grid the step has Student's distribution around its generalised least-squares estimate, with the
// variance that the residuals show; the point counts by the restricted likelihood of the observations (Harville 1974,
// Biometrika 61) and its weight. That is the posterior of a normal model whose level, step and size have flat priors, whose
// scale has Jeffreys's, and whose dependence, ratio of spreads and drift have the grid's.
func (d *layout) believe(s steady) (believed, free mixture, ok bool) {
	p := len(d.x)
	rows := make([][columns + 1]float64, len(d.y))
	for i := range rows {
		for j := range p {
			rows[i][j] = d.x[j][i]
		}
		rows[i][p] = s.pseudo[i]
	}
	believed.df, free.df = float64(len(d.y)-p), float64(len(d.y)-p)
	expected := d.expected()
	if len(expected) > 0 {
		believed.df++ // the expectation says as much as one observation
	}
	for _, c := range dependences {
		white := c.whiten(rows, p+1, int(d.n[0]))
		for _, spread := range spreads {
			scale := [2]float64{s.scale[0] / math.Sqrt(spread), s.scale[1] * math.Sqrt(spread)}
			g := white.scaled(scale, p+1)
			log := math.Log(c.weight) - d.n[0]*math.Log(scale[0]) - d.n[1]*math.Log(scale[1]) - white.logDet/2
			for _, e := range expected {
				believed.add(d, g, p, e.ridge, log+e.log)
			}
			if len(expected) > 0 {
				free.add(d, g, p, 0, log)
			} else {
				believed.add(d, g, p, 0, log)
			}
		}
	}
	return believed, free, believed.weigh() && (len(expected) == 0 || free.weigh())
}

// add adds what a fit of the products says, which counts by its likelihood beside prior.
func (m *mixture) add(d *layout, g gram, p int, ridge, prior float64) {
	g[d.drift][d.drift] += ridge
	sol, ok := g.solve(p)
	if !ok || !(sol.rss > 0) {
		return
	}
	variance := sol.rss / m.df
	part := component{mean: sol.beta[1], se: math.Sqrt(variance * sol.inverse[1]), log: prior - sol.logDet/2 - m.df/2*math.Log(sol.rss)}
	if d.drift > 0 {
		part.drift, part.driftSD = sol.beta[d.drift], math.Sqrt(variance*sol.inverse[d.drift])
	}
	m.parts = append(m.parts, part)
}
