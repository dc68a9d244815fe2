package dirstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pertask/pertask/ledger"
)

// schema names the version of the form of a file. Stored files depend on it.
const schema = "pertask.ledger/1"

// record is one line of a file: exactly one of its fields is set. The first line is Opened, and no other one.
type record struct {
	Opened  *opened           `json:"opened,omitempty"`
	Trial   *ledger.BaseTrial `json:"trial,omitempty"`
	Dropped *dropped          `json:"dropped,omitempty"`
	Test    *ledger.Test      `json:"test,omitempty"`
}

// opened says what a file is.
type opened struct {
	Schema string `json:"schema"` // schema
	Kind   kind   `json:"kind"`
	Key    string `json:"key"`
}

// dropped says which trials were dropped, when and why, for good.
type dropped struct {
	Why    string           `json:"why"`
	Time   time.Time        `json:"time"`
	Trials []ledger.Dropped `json:"trials"`
}

// mostDropped bounds the trials of one such line, so that it stays far below the longest one that is read.
const mostDropped = 1000

// drops returns the records that drop trials.
func drops(why string, now time.Time, trials []ledger.Dropped) []record {
	var out []record
	for len(trials) > 0 {
		n := min(len(trials), mostDropped)
		out = append(out, record{Dropped: &dropped{Why: why, Time: now.UTC(), Trials: trials[:n]}})
		trials = trials[n:]
	}
	return out
}

var errNotAnObject = errors.New("the line is not a JSON object; stored files have one per line")

// parse reads a line of a file of a kind. Unknown fields are left out, as those of a later version that says the same
// schema.
func parse(line []byte, of kind) (record, error) {
	var r record
	if !bytes.HasPrefix(bytes.TrimSpace(line), []byte("{")) {
		return r, errNotAnObject
	}
	err := json.Unmarshal(line, &r)
	if syntax := new(json.SyntaxError); errors.As(err, &syntax) {
		return r, errNotAnObject
	}
	if err != nil {
		return r, fmt.Errorf("reading a record: %w", err)
	}
	set := 0
	for _, is := range []bool{r.Opened != nil, r.Trial != nil, r.Dropped != nil, r.Test != nil} {
		if is {
			set++
		}
	}
	allowed := r.Opened != nil || of == baseTrials && r.Test == nil || of == tests && r.Test != nil
	if set != 1 || !allowed {
		return r, fmt.Errorf("the record is of no kind that a file of %s has; a line holds one record", of)
	}
	return r, r.complete()
}

// complete checks the record's own form. What was written had its schema and id filled in, so they are not filled in here.
func (r *record) complete() error {
	switch {
	case r.Trial != nil:
		if r.Trial.Schema == "" || r.Trial.ID == "" {
			return errors.New("a stored trial without a schema or an id")
		}
		for _, c := range r.Trial.Calls {
			if c.Schema == "" {
				return errors.New("a stored call without a schema")
			}
		}
		checked, err := r.Trial.Checked()
		r.Trial = &checked
		return err
	case r.Test != nil && r.Test.Schema == "":
		return errors.New("a stored test without a schema")
	case r.Opened != nil && r.Opened.Schema != schema:
		return fmt.Errorf("the schema %.80q is not known; this version reads %q: %w", r.Opened.Schema, schema, ledger.ErrSchema)
	}
	return nil
}
