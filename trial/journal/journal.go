// Package journal keeps what trials and their calls have become: in memory, or in a file of JSON lines that
// outlives the process.
//
// It knows the form of a journal, and what its records say in the end when processes were killed and trials
// carried out again. It refuses to know how a trial is carried out, and what a call costs.
package journal

import (
	"errors"
	"fmt"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// schema names the version of the form of a journal. Stored journals depend on it.
const schema = "pertask.journal/1"

// record is one line of a journal: exactly one of its fields is set.
type record struct {
	Call   *usage.Call  `json:"call,omitempty"`
	Trial  *trial.Trial `json:"trial,omitempty"`
	Opened *opened      `json:"opened,omitempty"`
}

// opened marks the place where a process begins to append. What the one before it left unfinished, it left for
// good.
type opened struct {
	Schema string `json:"schema"` // schema
	// EvidenceKey and Facts are the Subject that the journal was claimed for; they are not there in journals of earlier
	// versions.
	EvidenceKey string            `json:"evidence_key,omitempty"`
	Facts       map[string]string `json:"facts,omitempty"`
}

// callRecord and trialRecord check what is to be appended and fill in the schema.
func callRecord(c usage.Call) (record, error) {
	if c.ID == "" || c.Trial == "" {
		return record{}, fmt.Errorf("journalling a call: it has the id %q and the trial %q; both are needed", c.ID, c.Trial)
	}
	c.Schema = usage.CallSchema
	return record{Call: &c}, nil
}

func trialRecord(t trial.Trial) (record, error) {
	if t.Task == "" || t.Arm == "" {
		return record{}, errors.New("journalling a trial: it has no arm or no task")
	}
	if t.ID == "" {
		t.ID = t.Slot.ID()
	}
	t.Schema = trial.Schema
	return record{Trial: &t}, nil
}
