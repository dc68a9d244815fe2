package prediction

import (
	"math"

	"github.com/pertask/pertask/stats"
)

// Calibration is how predictions have done, by the latest outcome of each.
type Calibration struct {
	Told   int // predictions of which an outcome can tell
	Silent int // those of which the latest outcome cannot
	Early  int // those without an outcome, or with one that is too early
	// Inside, Overlapping, Cheaper and Dearer add up to Told.
	Inside, Overlapping, Cheaper, Dearer int
	// Expected is how many would be Inside if every prediction were right: fewer than 95 of 100, since what is observed has
	// an uncertainty of its own. Least and Most are what chance makes of it, in 95 of 100 such sets.
	Expected    float64
	Least, Most int
	// Agreeing is how many differ by no more than both uncertainties: Inside and Overlapping. If every prediction is right
	// that is some 95 of 100.
	Agreeing int
}

// Calibrate sums up records. Suites of one pull request share what was observed after it: of those only the first counts.
func Calibrate(records []Record) Calibration {
	type pull struct {
		repository string
		number     int
	}
	var c Calibration
	var chances []float64
	seen := map[pull]bool{}
	for _, r := range records {
		if k := (pull{r.Prediction.Repository, r.Prediction.Pull}); r.Prediction.Ratio == nil || seen[k] {
			continue
		} else {
			seen[k] = true
		}
		o, ok := r.Last()
		if c.count(o, ok) {
			chances = append(chances, insideChance(*r.Prediction.Ratio, *o.Observed))
		}
	}
	c.Agreeing = c.Inside + c.Overlapping
	for _, p := range chances {
		c.Expected += p
	}
	c.Least, c.Most = central(chances)
	return c
}

// count counts one outcome, and reports whether it told.
func (c *Calibration) count(o Outcome, there bool) bool {
	switch o.Relation {
	case Inside:
		c.Inside++
	case Overlaps:
		c.Overlapping++
	case OutsideCheaper:
		c.Cheaper++
	case OutsideDearer:
		c.Dearer++
	default:
		if !there || o.Reason == TooEarly {
			c.Early++
		} else {
			c.Silent++
		}
		return false
	}
	c.Told++
	return true
}

// insideChance is the chance that the observed ratio is within the predicted interval when both are about the same truth:
// with standard errors p and o of the logarithms, 2Φ(z p / sqrt(p² + o²)) - 1. That is how often a confidence interval
// holds a second estimate (Cumming and Maillardet 2006, Psychological Methods 11), for unequal precisions.
func insideChance(predicted, observed Ratio) float64 {
	p, o := predicted.halfWidth(), observed.halfWidth()
	z := stats.NormalQuantile(1 - (1-Confidence)/2)
	if math.IsInf(p, 1) {
		return Confidence
	}
	if p == 0 {
		return 0
	}
	return 2*stats.NormalCDF(z*p/math.Hypot(p, o)) - 1
}

// central returns the least and the most successes of independent chances that 95 of 100 sets have, with at most 2.5 on
// either side: the exact distribution, one chance after the other.
func central(chances []float64) (least, most int) {
	at := []float64{1}
	for _, p := range chances {
		next := make([]float64, len(at)+1)
		for i, q := range at {
			next[i] += q * (1 - p)
			next[i+1] += q * p
		}
		at = next
	}
	tail := (1 - Confidence) / 2
	for sum := at[0]; sum <= tail && least < len(chances); sum += at[least] {
		least++
	}
	most = len(chances)
	for sum := at[most]; sum <= tail && most > 0; sum += at[most] {
		most--
	}
	return least, most
}
