package stats

import "math"

// reachCells is into how many parts the scores between the boundaries are divided. Twice as many change a chance by less
// than 0.001.
const reachCells = 120

// Reach returns, before any trial, the chance that each look is made, and the chance of a verdict by the cap. se holds the
// standard error of the log ratio expected at each look. Changes in general have log ratios around that of the threshold
// with the given spread, above 0; Rule.Tau is what the look-ahead takes. A sequence without an expectation for each look
// is taken to go on to the cap, with no chance that is known (NaN).
func (s *Sequence) Reach(se []float64, spread float64) (made []float64, chance float64) {
	made = make([]float64, len(s.bounds))
	for i := range made {
		made[i] = 1
	}
	if !(spread > 0) || len(se) != len(s.bounds) {
		return made, math.NaN()
	}
	for i, e := range se {
		if !(e > 0) || math.IsInf(e, 1) || i > 0 && e >= se[i-1] {
			return made, math.NaN()
		}
	}
	prior := 1 / (spread * spread)
	now := 1 / (se[0] * se[0])
	at := []float64{0} // scores, and the chance of each
	mass := []float64{1}
	step := func(float64) (mean, sd float64) { return 0, math.Sqrt(1 + now/prior) }
	for k := range s.bounds {
		goOn, crossed := s.continuing(k, se, at, mass, step)
		chance += crossed
		at, mass = goOn.at, goOn.mass
		if k+1 == len(s.bounds) {
			break
		}
		made[k+1] = 0
		for _, m := range mass {
			made[k+1] += m
		}
		before, then := 1/(se[k]*se[k]), 1/(se[k+1]*se[k+1])
		step = func(z float64) (mean, sd float64) {
			gain := then - before
			expected, variance := z*math.Sqrt(before)/(before+prior), 1/(before+prior)
			return (z*math.Sqrt(before) + gain*expected) / math.Sqrt(then), math.Sqrt((gain + gain*gain*variance) / then)
		}
	}
	return made, chance
}

// scores are normal scores with the chance of each.
type scores struct{ at, mass []float64 }

// continuing moves scores on to a look and returns those with which the sequence goes on, and the chance to cross there.
func (s *Sequence) continuing(look int, se, at, mass []float64, step func(float64) (mean, sd float64)) (out scores, crossed float64) {
	bound := s.bounds[look].Z
	futile := s.futileBelow(look, se)
	width := 2 * bound / reachCells
	for i := range reachCells {
		z := -bound + (float64(i)+0.5)*width
		out.at, out.mass = append(out.at, z), append(out.mass, 0)
	}
	for j, z := range at {
		mean, sd := step(z)
		below := NormalCDF((-bound - mean) / sd)
		crossed += mass[j] * (below + NormalCDF((mean-bound)/sd))
		for i := range out.at {
			upTo := NormalCDF((-bound + float64(i+1)*width - mean) / sd)
			out.mass[i] += mass[j] * (upTo - below)
			below = upTo
		}
	}
	for i, z := range out.at {
		if math.Abs(z) < futile {
			out.mass[i] = 0
		}
	}
	return out, crossed
}

// futileBelow is the score nearest to 0 with which the look-ahead goes on.
func (s *Sequence) futileBelow(look int, se []float64) float64 {
	if look == len(s.bounds)-1 {
		return 0
	}
	low, high := 0.0, s.bounds[look].Z
	if chance, _ := s.ahead(look, low, se[look], se[look+1:]); !(chance < s.rule.Futility) {
		return 0
	}
	for range 40 {
		middle := (low + high) / 2
		if chance, _ := s.ahead(look, middle, se[look], se[look+1:]); chance < s.rule.Futility {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}
