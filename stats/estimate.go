package stats

// Estimate is what the trials of one arm tell, every task with the same weight.
type Estimate struct {
	C      float64 // mean over tasks of the task's mean trial cost, dollars
	P      float64 // mean over tasks of the task's share of completed trials
	Passes int     // completed trials
	Trials int
	// VC, VP and CP are the variances of C and P and their covariance, from the spread of the trials within
	// each task.
	VC, VP, CP float64
	// LogVar is the variance of log(C/P), with half a completed trial where there is none. It is 0 for an arm that
	// costs nothing, whose logarithm does not exist.
	LogVar float64
	DF     int // trials minus tasks
}

// The constants of the smoothing: weights, in trials, of the arm's share of completed trials and of the arm's
// spread of costs in those of each task, and a ridge that keeps a slope from few failures small. They were
// chosen by simulation.
const (
	completionPrior = 2
	spreadPrior     = 4
	slopeRidge      = 0.5
)

// cov is a covariance matrix of cost and completion.
type cov struct{ c, p, cp float64 }

// plus returns v + w·f.
func (v cov) plus(w cov, f float64) cov { return cov{v.c + w.c*f, v.p + w.p*f, v.cp + w.cp*f} }

// side is one arm with both of its covariance matrices. Estimate holds the larger, as logVar measures it: the raw
// one is too small where all trials of a task agree, the smoothed one where tasks differ.
type side struct {
	Estimate
	raw, smoothed cov
}

// newSide folds the tasks of one arm. The cells have the shape that check wants.
func newSide(cells []Cell) side { return newSideOf(cells, cells) }

// newSideOf is newSide with the variances that the means would have with as many trials of each task as others have.
func newSideOf(cells, others []Cell) side {
	s := side{Estimate: means(cells)}
	s.raw = rawCov(cells, others)
	s.smoothed = smoothedCov(cells, others, s.Estimate)
	v := s.smoothed
	s.LogVar = s.logVar(v)
	if raw := s.logVar(s.raw); raw > s.LogVar {
		v, s.LogVar = s.raw, raw
	}
	s.VC, s.VP, s.CP = v.c, v.p, v.cp
	if s.C == 0 {
		s.LogVar = 0
	}
	return s
}

// means returns an estimate without its variances.
func means(cells []Cell) Estimate {
	var e Estimate
	for _, c := range cells {
		e.C += c.mean
		e.P += c.Rate()
		e.Passes += c.completed
		e.Trials += c.trials
		e.DF += c.trials - 1
	}
	k := float64(len(cells))
	e.C /= k
	e.P = min(e.P/k, 1) // the sum of shares can round above
	return e
}

// logVar is the delta-method variance of log(C/P) under v. Without a cost only the part of P is left.
func (s *side) logVar(v cov) float64 {
	p := max(s.P, 0.5/float64(s.Trials))
	if s.C == 0 {
		return v.p / p / p
	}
	return v.c/s.C/s.C + v.p/p/p - 2*v.cp/(s.C*p)
}

// rawCov is the stratified covariance matrix of the means of as many trials as others have: of the cells' own where
// those are the same.
func rawCov(cells, others []Cell) cov {
	var sum cov
	for i, c := range cells {
		sum = sum.plus(c.variances(), 1/float64(others[i].trials))
	}
	k := float64(len(cells))
	return cov{}.plus(sum, 1/(k*k))
}

// smoothedCov is the covariance matrix in which tasks borrow from each other: completion from the arm's share,
// and relative spread of cost, net of what failing costs, from the arm's spread. It is that of means of as many trials
// as others have.
func smoothedCov(cells, others []Cell, arm Estimate) cov {
	phi := slope(cells)
	pooled := 0.0
	for _, c := range cells {
		pooled += float64(c.trials-1) * residual(c, phi)
	}
	if arm.DF > 0 {
		pooled /= float64(arm.DF)
	}
	var sum cov
	for i, c := range cells {
		n := float64(c.trials)
		r := (spreadPrior*pooled + (n-1)*residual(c, phi)) / (spreadPrior + n - 1)
		v := smoothedCompletion(c, arm)
		sum = sum.plus(cov{c: c.mean * c.mean * (r + phi*phi*v), p: v, cp: phi * c.mean * v}, 1/float64(others[i].trials))
	}
	k := float64(len(cells))
	return cov{}.plus(sum, 1/(k*k))
}

// slope is how much of its mean cost a completed trial costs more than a failed one, over all tasks of an arm.
func slope(cells []Cell) float64 {
	var xx, xy float64
	for _, c := range cells {
		s := c.variances()
		xx += float64(c.trials-1) * s.p
		if c.mean > 0 {
			xy += float64(c.trials-1) * s.cp / c.mean
		}
	}
	if xx <= 0 {
		return 0
	}
	return xy / (xx + slopeRidge)
}

// residual is the squared coefficient of variation of a task's cost that completion does not explain.
func residual(c Cell, phi float64) float64 {
	if c.trials < 2 || c.mean == 0 {
		return 0
	}
	s := c.variances()
	return max(0, s.c/c.mean/c.mean-2*phi*s.cp/c.mean+phi*phi*s.p)
}

// smoothedCompletion is the variance of one trial's completion after adding completionPrior trials that
// complete as often as the arm's do. It is never 0.
func smoothedCompletion(c Cell, arm Estimate) float64 {
	n := float64(c.trials)
	q := (float64(arm.Passes) + 1) / (float64(arm.Trials) + 2)
	qi := (float64(c.completed) + completionPrior*q) / (n + completionPrior)
	return qi * (1 - qi) * (n + completionPrior) / (n + completionPrior + 1)
}
