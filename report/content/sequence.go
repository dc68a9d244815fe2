package content

import (
	"time"

	"github.com/pertask/pertask/price"
)

// The reasons for which trials stopped. Stored reports depend on the literals.
const (
	StoppedDecided     = "decided"     // the test crossed its boundary
	StoppedWithheld    = "withheld"    // something withholds the verdict that more trials would not mend
	StoppedFutile      = "futile"      // a verdict within the cap was not likely enough
	StoppedCap         = "cap"         // the last look was made
	StoppedBudget      = "budget"      // the money was spent
	StoppedInterrupted = "interrupted" // the run was ended, or the provider served nothing
)

// Sequence says at which looks the trials were tested and why they stopped. It is absent where nothing was planned, as
// for recorded trials. The ratio's interval is the repeated one of the look: it may be read at every look.
type Sequence struct {
	Looks      []int  `json:"looks"`      // planned trials of each task under each arm
	Trials     int    `json:"trials"`     // of the last complete look; 0 before the first
	NominalP   Number `json:"nominal_p"`  // two-sided level of the test at that look; null before the first
	Confidence Number `json:"confidence"` // of the repeated interval, 1 - NominalP
	Stopped    string `json:"stopped"`    // one of the Stopped constants
	// Chance is the chance of a verdict by the cap, seen from the last complete look; null where nothing can be said.
	Chance     Number `json:"chance"`
	Extensions int    `json:"extensions,omitempty"`
	// Final is when the verdict was reached, where it is that of an earlier run on the same evidence.
	Final   *time.Time     `json:"final,omitempty"`
	History []SequenceLook `json:"history"`
	// Settle is what would settle an inconclusive verdict; absent otherwise.
	Settle *Settle `json:"settle,omitempty"`
}

// SequenceLook is one look as it was made.
type SequenceLook struct {
	Trials   int    `json:"trials"` // of each task under each arm
	Ratio    Number `json:"ratio"`
	Low      Number `json:"low"`
	High     Number `json:"high"`
	P        Number `json:"p"`
	NominalP Number `json:"nominal_p"`
}

// Settle is how many trials would show the ratio's side of the threshold with 80 % power, were it what it looks like.
type Settle struct {
	Trials int          `json:"trials"` // of each task under each arm, all together; 0: more than anybody would carry out
	More   int          `json:"more"`   // trials of both arms and all tasks that are missing
	USD    price.Amount `json:"usd"`    // what they would cost; null when that is not known
	// WithinCap is set when the plan would have allowed as many.
	WithinCap bool `json:"within_cap"`
}

// Stored says which of an arm's trials were not carried out now but kept from earlier. They are among Trials.
type Stored struct {
	Trials    int       `json:"trials"`
	Oldest    time.Time `json:"oldest"` // when the first of them began
	Newest    time.Time `json:"newest"`
	Commits   []string  `json:"commits,omitempty"` // of the base, where they were carried out
	Sentinels int       `json:"sentinels"`         // trials carried out now that were compared with them
	// DriftP is the two-sided p-value of that comparison; null when it was not possible.
	DriftP Number `json:"drift_p"`
	// Dropped says why they were not used; then Trials is how many there were, and they are not among the arm's.
	Dropped string `json:"dropped,omitempty"`
}
