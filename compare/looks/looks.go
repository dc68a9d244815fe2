// Package looks knows when a comparison has seen enough.
//
// It knows the looks that were planned, the level of the test at each, and for which reasons no more trials are worth
// carrying out. It refuses to know trials, prices, and how numbers were worked out.
package looks

import (
	"errors"
	"fmt"
	"math"

	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/verdict"
)

// The error that the whole sequence may make, both sides together, and the chance of a verdict by the cap below which
// going on is not worth it (docs/statistics.md says what comes of both).
const (
	alpha    = 0.05
	futility = 0.20
	tau      = 0.7
)

// Course is the planned looks of one comparison. It does not change.
type Course struct {
	sequence *stats.Sequence
	reserve  float64
	further  []int // trials of each task under each arm at the looks of extensions
}

// ErrReserve says that an extension has nothing to spend.
var ErrReserve = errors.New("the test cannot be extended")

// New plans a course. The reserve, from 0 to below 0.05, is the part of the error that is kept for extensions; each
// extension adds a look beyond the last one.
func New(trials []int, reserve float64, extensions int) (*Course, error) {
	if !(reserve >= 0 && reserve < alpha) {
		return nil, fmt.Errorf("extension_reserve is %v; allowed are numbers from 0 to below %v", reserve, alpha)
	}
	s, err := stats.NewSequence(stats.Rule{Looks: trials, Alpha: alpha - reserve, Futility: futility, Tau: tau})
	if err != nil {
		return nil, err
	}
	if extensions > 0 && reserve == 0 {
		return nil, fmt.Errorf("%w: verdict.extension_reserve is 0, so all of the error was spent by the last planned look; a changed suite or a new change of the settings is another test", ErrReserve)
	}
	c := &Course{sequence: s, reserve: reserve}
	for last := trials[len(trials)-1]; extensions > 0; extensions-- {
		last = beyond(last)
		c.further = append(c.further, last)
	}
	return c, nil
}

// beyond is the look after the cap: at least half as many trials again, so that there is something new to see.
func beyond(trials int) int { return trials + (trials+1)/2 + 1 }

// Planned are the numbers of trials of each task under each arm at the planned looks, without those of extensions.
func (c *Course) Planned() []int { return c.sequence.Rule().Looks }

// Trials are the numbers of trials of each task under each arm at the looks.
func (c *Course) Trials() []int {
	return append(append([]int(nil), c.sequence.Rule().Looks...), c.further...)
}

// Level is the two-sided level of everything that is tested at a look: intervals have the confidence of 1 - Level. It is
// the whole error for a look that is not there.
func (c *Course) Level(look int) float64 {
	bounds := c.sequence.Bounds()
	switch further := look - len(bounds); {
	case look < 0:
		return alpha
	case further < 0:
		return bounds[look].P
	case further < len(c.further):
		return c.reserve * math.Pow(0.5, float64(further+1))
	}
	return alpha
}

// Spent is how much of the error the looks up to and with one have spent.
func (c *Course) Spent(look int) float64 {
	planned := c.sequence.Rule().Looks
	spent := 0.0
	for i := range min(look+1, len(c.Trials())) {
		if i < len(planned) {
			spent = (alpha - c.reserve) * float64(planned[i]) / float64(planned[len(planned)-1])
		} else {
			spent += c.Level(i)
		}
	}
	return spent
}

// Seen is what a look rests on.
type Seen struct {
	Decision verdict.Decision // at the look's Level
	Test     stats.Test       // of the threshold
	DF, SE   float64          // of the log ratio
	// Later holds the standard errors expected at the later looks; nil when both arms grow at the same pace.
	Later []float64
}

// Look is what follows from a look.
type Look struct {
	Index   int
	Trials  int // of each task under each arm
	Level   float64
	Chance  float64 // of a verdict by the cap, 0 to 1; NaN where nothing can be said
	Rounds  float64 // expected further trials of each task under each arm
	Stopped string  // one of the report's Stopped constants; "" to go on
}

// At looks. A look that is not planned stops.
func (c *Course) At(look int, s Seen) Look {
	all := c.Trials()
	if look < 0 || look >= len(all) {
		return Look{Index: look, Level: c.Level(look), Chance: math.NaN(), Stopped: content.StoppedCap}
	}
	out := Look{Index: look, Trials: all[look], Level: c.Level(look), Chance: math.NaN(), Rounds: float64(all[len(all)-1] - all[look])}
	futile := false
	if look < len(c.sequence.Bounds()) {
		step := c.sequence.At(look, s.Test, s.DF, s.SE)
		if s.Later != nil {
			step = c.sequence.AtPlanned(look, s.Test, s.DF, s.SE, s.Later)
		}
		out.Chance, out.Rounds, futile = step.Chance, step.Rounds, step.Futile && len(c.further) == 0
	}
	out.Stopped = stopped(s.Decision, futile, look == len(all)-1)
	if out.Stopped != "" {
		out.Rounds = 0
	}
	return out
}

func stopped(d verdict.Decision, futile, last bool) string {
	switch {
	case d.Settled && (d.Verdict != verdict.Inconclusive || !d.Reason.Withhold):
		return content.StoppedDecided
	case d.Settled:
		return content.StoppedWithheld
	case last:
		return content.StoppedCap
	case futile:
		return content.StoppedFutile
	}
	return ""
}
