package evidence

import (
	"errors"
	"fmt"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
)

// Claim takes a journal for a subject and returns what is in it. It refuses one with trials of another comparison, and
// says what differs as far as that is known. The journal's name is for the message.
func Claim(j trial.Journal, name string, want journal.Subject) (trial.Evidence, error) {
	var err error
	if c, ok := j.(journal.Claimant); ok {
		err = c.Claim(want) // before anything is read: no other process appends to it then
	}
	var other *journal.OtherError
	if err != nil && !errors.As(err, &other) {
		return trial.Evidence{}, fmt.Errorf("reading the journal: %w", err)
	}
	have, err := j.Load()
	if err != nil {
		return trial.Evidence{}, fmt.Errorf("reading the journal: %w", err)
	}
	for _, r := range have.Results {
		if other == nil && r.Trial.EvidenceKey != want.Key {
			other = &journal.OtherError{Path: name, Have: journal.Subject{Key: r.Trial.EvidenceKey}, Want: want}
		}
	}
	if other == nil {
		return have, nil
	}
	if len(other.Have.Facts) == 0 {
		other.Have, other.Want = Told(other.Have.Key, have, want)
	}
	return trial.Evidence{}, fmt.Errorf("reading the journal: %w; name another folder for the report, or remove the journal", other)
}
