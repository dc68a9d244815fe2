package stats

import "math"

// Predict returns for each look after the given one the chance that the test has crossed when it is made then,
// from the normal score z and the standard error se of the log ratio at the given one. later holds the
// standard errors expected at the later looks. An entry is NaN where they tell nothing. The log ratio's distance
// from the threshold is normal with the rule's Tau before the trials, so that a lucky start is not taken at its word.
func (s *Sequence) Predict(look int, z, se float64, later []float64) []float64 {
	if look < 0 || look >= len(s.bounds) {
		return nil
	}
	now, prior := 1/(se*se), 1/(s.rule.Tau*s.rule.Tau)
	out := make([]float64, 0, len(s.bounds)-look-1)
	for j, b := range s.bounds[look+1:] {
		chance := math.NaN()
		if j < len(later) {
			chance = crossingChance(z, now, 1/(later[j]*later[j]), prior, b.Z)
		}
		out = append(out, chance)
	}
	return out
}

// crossingChance is the predictive probability of a normal score beyond bound at information then, after the score
// z at information now. It is NaN for informations that are not above 0 and finite, or shrink.
func crossingChance(z, now, then, prior, bound float64) float64 {
	gain := then - now
	if !(now > 0 && gain > 0) || math.IsInf(then, 1) || math.IsNaN(z) || math.IsInf(z, 0) {
		return math.NaN()
	}
	mean := z * math.Sqrt(now) / (now + prior)
	variance := 1 / (now + prior)
	score := (z*math.Sqrt(now) + gain*mean) / math.Sqrt(then)
	spread := math.Sqrt((gain + gain*gain*variance) / then)
	return NormalCDF((score-bound)/spread) + NormalCDF((-score-bound)/spread)
}

// ahead returns the chance of a verdict by the cap and the expected further rounds. They are NaN and all that are
// left when a later look cannot be predicted.
func (s *Sequence) ahead(look int, z, se float64, later []float64) (chance, rounds float64) {
	at := s.bounds[look].Trials
	for j, p := range s.Predict(look, z, se, later) {
		if math.IsNaN(p) {
			return math.NaN(), s.left(look)
		}
		next := s.bounds[look+1+j].Trials
		rounds += float64(next-at) * (1 - chance)
		chance, at = max(chance, p), next
	}
	return chance, rounds
}

// Forecast returns, before any trial, the chance of a verdict by the cap and how many trials per task and arm are
// expected until then, from the standard error of the log ratio that is expected at each look: Typical's, or StoredSE's.
// They are NaN and the cap when there is not a standard error for each look. Stopping for being futile is not
// counted on, so that it costs less rather than more.
func (s *Sequence) Forecast(se []float64) (chance, rounds float64) {
	most := float64(s.bounds[len(s.bounds)-1].Trials)
	if len(se) != len(s.bounds) {
		return math.NaN(), most
	}
	at := 0
	for j, b := range s.bounds {
		spread := math.Hypot(1, s.rule.Tau/se[j]) // of the normal score, over changes in general
		if !(se[j] > 0) || math.IsInf(spread, 1) {
			return math.NaN(), most
		}
		rounds += float64(b.Trials-at) * (1 - chance)
		chance, at = max(chance, 2*NormalCDF(-b.Z/spread)), b.Trials
	}
	return chance, rounds
}

// StoredSE returns the standard error of the log ratio that is expected when each task's trials grow from one
// number to another in each arm, from the arms' variances of the log of cost per completed task (Estimate.LogVar).
// An arm whose trials do not grow keeps its variance. It is NaN when a number of trials is not above 0.
func StoredSE(base, head Estimate, baseFrom, baseTo, headFrom, headTo float64) float64 {
	if !(baseFrom > 0 && baseTo > 0 && headFrom > 0 && headTo > 0) {
		return math.NaN()
	}
	return math.Sqrt(base.LogVar*baseFrom/baseTo + head.LogVar*headFrom/headTo)
}

// RoundsNeeded returns how many trials per task and arm would show, with the given power (0.8 for 80 %) and at a
// two-sided level of 5 %, a log ratio that is logGap from the log of the threshold, when se is the standard
// error after so many trials. It is +Inf for a gap of 0, and NaN for numbers that make no question.
func RoundsNeeded(trials int, se, logGap, power float64) float64 {
	if trials < 1 || !(se >= 0) || math.IsInf(se, 1) || !(power > 0 && power < 1) || math.IsNaN(logGap) {
		return math.NaN()
	}
	if logGap == 0 {
		return math.Inf(1)
	}
	q := (NormalQuantile(0.975) + NormalQuantile(power)) * se / math.Abs(logGap)
	return float64(trials) * q * q
}

// detectPower is the power at which a difference counts as one that can be shown.
const detectPower = 0.8

// Detectable returns the smallest factor above 1 between the true ratio and the threshold that is shown with
// 80 % power by a single test at the given confidence, when the log ratio has the standard error se and df
// degrees of freedom. A ratio below the threshold by the same factor is shown as well. It is +Inf when nothing
// can be shown.
func Detectable(confidence, se, df float64) float64 {
	f := math.Exp((twoSided(confidence, df) + NormalQuantile(detectPower)) * se)
	if math.IsNaN(f) {
		return math.Inf(1)
	}
	return f
}

// Resolvable returns the smallest factor above 1 that the sequence can show with 80 % power by its cap, when se
// and df were measured after the given number of trials per task and arm. It counts the test at the cap alone,
// so that it promises a little less than all the looks together reach. It is +Inf when nothing can be shown.
func (s *Sequence) Resolvable(trials int, se, df float64) float64 {
	last := s.bounds[len(s.bounds)-1]
	if trials < 1 || !(df > 0) || !(se >= 0) {
		return math.Inf(1)
	}
	n, most := float64(trials), float64(last.Trials)
	if n > 1 {
		df *= (most - 1) / (n - 1)
	}
	if !(df > 0) {
		return math.Inf(1)
	}
	return Detectable(1-last.P, se*math.Sqrt(n/most), df)
}

// Typical returns the standard error and degrees of freedom of the log ratio that are to be expected before any trial,
// for tasks of which so large a share of trials completes, from 0 to 1. They are fitted to simulated suites of typical spread
// (docs/simulation.md): dear tasks cost some ten times what cheap ones do, a trial's cost varies by 40 %. The
// standard error is +Inf where nothing is to be expected.
func Typical(tasks, trials int, rate float64) (se, df float64) {
	if tasks < 1 || trials < 2 || !(rate > 0 && rate <= 1) {
		return math.Inf(1), 0
	}
	unit := max(typicalFloor, typicalBase+typicalSlope*math.Sqrt((1-rate)/rate))
	return math.Sqrt(unit / float64(tasks*trials)), float64(2 * tasks * (trials - 1))
}

// The variance of the log ratio that one trial of one task in each arm has, as a function of the share completed.
const (
	typicalBase  = 0.1
	typicalSlope = 2.9
	typicalFloor = 0.6
)
