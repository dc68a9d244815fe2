package histories

import (
	"fmt"
	"math"
)

// What is promised of the method in each world of the Grid.
const (
	LeastCoverage = 0.93 // of the intervals hold the truth
	MostClaims    = 0.06 // of the histories without an effect are said to have one
	LeastTold     = 0.5  // of the histories get an interval at all
)

// Slack is how far few runs may miss a promise by chance, in standard errors; 0 for a thousand and more.
type Slack float64

// Check returns what falls short, one line each. It needs at least one count.
func Check(counts []Count, slack Slack) []string {
	var out []string
	for _, c := range counts {
		se := func(p float64) float64 { return float64(slack) * math.Sqrt(p*(1-p)/float64(c.Runs)) }
		if least := LeastCoverage - se(LeastCoverage); !(c.Coverage() >= least) {
			out = append(out, fmt.Sprintf("%s: %.3f of the intervals hold the truth, want %.3f", c.World.Name(), c.Coverage(), least))
		}
		if most := MostClaims + se(MostClaims); c.World.Effect == 1 && !(c.Claimed() <= most) {
			out = append(out, fmt.Sprintf("%s: an effect is claimed of %.3f, want at most %.3f", c.World.Name(), c.Claimed(), most))
		}
		if told := float64(c.Told) / float64(c.Runs); !(told >= LeastTold) {
			out = append(out, fmt.Sprintf("%s: %.3f of the histories get an interval, want %.3f", c.World.Name(), told, LeastTold))
		}
	}
	if len(counts) == 0 {
		out = append(out, "no history was made up")
	}
	return out
}
