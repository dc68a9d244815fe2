package simulation

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/pertask/pertask/stats"
)

// Same is what comes of comparing an arm with itself.
type Same struct {
	Cheaper, Dearer Share // verdicts, all false, that the head is one or the other
	Missed          Share // intervals, shown at the end, that do not hold 1
	Undefined       Share // comparisons in which nothing completed or nothing cost anything at the end
	Spend           float64
	// SE is the median standard error of the log ratio at the cap, of the comparisons that reached it; NaN when none did.
	SE float64
}

// False returns the share of false verdicts.
func (s Same) False() Share { return Share{s.Cheaper.Count + s.Dearer.Count, s.Cheaper.Of} }

// Resample compares an arm with itself: both arms' trials are drawn from the recorded ones of each task, with
// replacement, so that the true ratio is 1 and the noise is what was recorded. The looks are those of the
// rule, from two trials on. Tasks need two recorded trials for their noise to show; stats.ErrNoReplicates says that
// none has, or that a look is too early. Recorded costs that stats.Obs does not allow are stats.ErrShape.
func Resample(tasks [][]stats.Obs, rule stats.Rule, runs int, seed uint64) (Same, error) {
	seq, err := stats.NewSequence(rule)
	if err != nil {
		return Same{}, fmt.Errorf("planning looks: %w", err)
	}
	recorded := make([]stats.Cell, len(tasks))
	for i, trials := range tasks {
		for _, o := range trials {
			recorded[i].Add(o)
		}
	}
	if _, err := stats.CompareSuite(recorded, recorded); err != nil {
		return Same{}, fmt.Errorf("reading recorded trials: %w", err)
	}
	if rule.Looks[0] < 2 {
		return Same{}, fmt.Errorf("planning looks: %w: the first look is after one trial of each", stats.ErrNoReplicates)
	}
	r := random(seed, "resample")
	var out Same
	var ses []float64
	for range runs {
		out.compare(r, tasks, seq, &ses)
	}
	out.Spend /= float64(runs)
	out.SE = median(ses)
	return out, nil
}

// compare plays one comparison of an arm with itself.
func (s *Same) compare(r *rand.Rand, tasks [][]stats.Obs, seq *stats.Sequence, ses *[]float64) {
	base, head := make([]stats.Cell, len(tasks)), make([]stats.Cell, len(tasks))
	done := 0
	for look, b := range seq.Bounds() {
		for ; done < b.Trials; done++ {
			for i, recorded := range tasks {
				base[i].Add(recorded[r.IntN(len(recorded))])
				head[i].Add(recorded[r.IntN(len(recorded))])
			}
		}
		c, err := stats.CompareSuite(base, head)
		if err != nil {
			panic(err) // the recorded trials have the shape of a comparison, and every look has two of each
		}
		test := c.Test(1)
		step := seq.At(look, test, c.DF, c.SE)
		if !step.Done() {
			continue
		}
		s.Cheaper.count(step.Crossed && test.T < 0)
		s.Dearer.count(step.Crossed && test.T > 0)
		s.Missed.count(!holds(c.Interval(step.Confidence), 1))
		s.Undefined.count(c.Undefined || math.IsNaN(c.Ratio))
		s.Spend += float64(b.Trials)
		if step.Last {
			*ses = append(*ses, c.SE)
		}
		return
	}
}
