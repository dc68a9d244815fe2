package simulation

import (
	"fmt"
	"math"
)

// priorSpread is how the log ratios of changes in general spread around the threshold.
const priorSpread = 0.5

// most is how many rounds the longest fixed design has that others are measured against.
const most = 28

// Spend compares what the designs cost with a fixed number of rounds that is right as often.
type Spend struct {
	Scenario Scenario
	Tasks    int
	Played   [designs]Played
	// Fixed is how many rounds, interpolated, a single test needs to be right as often as each design, at the same error.
	// It is NaN when none up to the longest is.
	Fixed [designs]float64
}

// Saving returns the share of the fixed design's cost that a design saves.
func (s Spend) Saving(d Design) float64 { return 1 - s.Played[d].Spend/s.Fixed[d] }

// SpendCell is where spending is measured.
type SpendCell struct {
	Scenario Scenario
	Tasks    int
}

// Compare plays the designs for changes whose log ratio is normal around the threshold.
func Compare(cells []SpendCell, runs int, seed uint64) []Spend {
	var sizes []int
	for _, c := range cells {
		sizes = append(sizes, c.Tasks)
	}
	seqs := plans(sizes...)
	out := make([]Spend, len(cells))
	each(len(cells), func(i int) { out[i] = spend(cells[i], seqs[cells[i].Tasks], runs, seed) })
	return out
}

func spend(cell SpendCell, seqs plan, runs int, seed uint64) Spend {
	out := Spend{Scenario: cell.Scenario, Tasks: cell.Tasks}
	r := random(seed, fmt.Sprintf("spend %s %d", cell.Scenario.Name, cell.Tasks))
	var right [most + 1]Share // of the fixed designs
	for range runs {
		s := cell.Scenario.suite(r, cell.Tasks)
		s.scale(math.Exp(priorSpread * r.NormFloat64()))
		f := lay(r, s, most)
		for d := range designs {
			out.Played[d].end(s.ratio, f.play(seqs[d], d))
		}
		for n := 2; n <= most; n++ {
			right[n].count(f.fixed(n) == sideOf(s.ratio))
		}
	}
	for d := range designs {
		out.Played[d].Spend /= float64(runs)
		out.Fixed[d] = asRight(right[:], out.Played[d].Right.Value())
	}
	return out
}

// asRight returns the number of rounds, interpolated, at which a fixed design is right as often.
func asRight(right []Share, want float64) float64 {
	for n := 2; n < len(right); n++ {
		now := right[n].Value()
		if now < want {
			continue
		}
		if n == 2 {
			return 2
		}
		before := right[n-1].Value()
		return float64(n-1) + (want-before)/(now-before)
	}
	return math.NaN()
}
