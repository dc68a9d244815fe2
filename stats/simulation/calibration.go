package simulation

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/pertask/pertask/stats"
)

// Decile is what became of a tenth of the comparisons that went on after the first look, in the order of the chance of a
// verdict that was promised there.
type Decile struct {
	Promised, Actual             float64 // share with a verdict by the cap
	PromisedRounds, ActualRounds float64 // that followed
	Of                           int
}

// foresight is what one comparison was promised, and got.
type foresight struct {
	chance, rounds float64
	verdict        bool
	followed       int
}

// Calibrate compares what the look-ahead promises at the first look with what comes of it when nothing stops early for
// being futile. Changes are drawn as in Compare, equally many of each scenario.
func Calibrate(scenarios []Scenario, tasks, runs int, seed uint64) []Decile {
	all := make([][]foresight, len(scenarios))
	each(len(scenarios), func(i int) { all[i] = foresights(scenarios[i], tasks, runs, seed) })
	seen := slices.Concat(all...)
	slices.SortStableFunc(seen, func(a, b foresight) int { return cmp.Compare(a.chance, b.chance) })
	out := make([]Decile, 10)
	for i, f := range seen {
		d := &out[i*10/len(seen)]
		d.Of++
		d.Promised += f.chance
		d.PromisedRounds += f.rounds
		d.ActualRounds += float64(f.followed)
		if f.verdict {
			d.Actual++
		}
	}
	for i := range out {
		n := float64(out[i].Of)
		out[i].Promised, out[i].Actual, out[i].PromisedRounds, out[i].ActualRounds = out[i].Promised/n, out[i].Actual/n, out[i].PromisedRounds/n, out[i].ActualRounds/n
	}
	return out
}

func foresights(w Scenario, tasks, runs int, seed uint64) []foresight {
	seq := plans(tasks)[tasks][Plain]
	bounds := seq.Bounds()
	r := random(seed, fmt.Sprintf("calibration %s %d", w.Name, tasks))
	var out []foresight
	for range runs {
		s := w.suite(r, tasks)
		s.scale(math.Exp(priorSpread * r.NormFloat64()))
		base, head := s.trials(r, bounds[0].Trials)
		var seen foresight
		for look, b := range bounds {
			c, err := stats.CompareSuite(base, head)
			if err != nil {
				panic(err)
			}
			step := seq.At(look, c.Test(1), c.DF, c.SE)
			if look == 0 {
				seen = foresight{chance: step.Chance, rounds: step.Rounds}
			}
			if step.Done() {
				seen.verdict, seen.followed = step.Crossed, b.Trials-bounds[0].Trials
				break
			}
			for range bounds[look+1].Trials - b.Trials {
				s.round(r, base, head)
			}
		}
		if seen.followed > 0 {
			out = append(out, seen)
		}
	}
	return out
}
