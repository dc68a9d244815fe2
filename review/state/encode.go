package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/pertask/pertask/report/figure"
)

// stateJSON is the stored form of a State: testdata/state.json has one of each field. It stands in comments on pull
// requests, and pertasks of several versions read it. Its keys must never change their meaning; new ones may be added.
type stateJSON struct {
	Version  int            `json:"v"`
	Runs     []Run          `json:"runs,omitempty"`
	Accepted []acceptedJSON `json:"accepted,omitempty"`
	Check    *Check         `json:"check,omitempty"`
	Last     *Answer        `json:"last,omitempty"`
}

// acceptedJSON is what one comment has accepted. A reason is long, so it is there once for all its suites.
type acceptedJSON struct {
	By      string      `json:"by"`
	Reason  string      `json:"reason"`
	Time    time.Time   `json:"time"`
	Comment int64       `json:"comment"`
	Head    string      `json:"head"`
	Suites  []askedJSON `json:"suites"`
}

// askedJSON is what was accepted of one suite.
type askedJSON struct {
	Name     string `json:"name,omitempty"`
	Question string `json:"question"`
	Digest   string `json:"digest"`
	Book     string `json:"book"`
	End      *End   `json:"end,omitempty"`
}

// Encode returns the stored form, at most MaxBytes long: one line of JSON. What does not fit is left out, in this order:
// runs, but for the newest, from the oldest on; acceptances that have ended, from the oldest on; the last answer; the
// newest run. Acceptances that have not ended are never left out: a state with more of them than Accept allows is
// ErrTooMuch. Texts that are too long are cut, and what is malformed is left out, as Decode does.
func (s State) Encode() ([]byte, error) {
	s, _ = s.cleaned()
	for {
		data, err := s.encode()
		if err == nil {
			return data, nil
		}
		if !s.drop() {
			return nil, fmt.Errorf("writing the state: %w", err)
		}
	}
}

// encode fails with ErrTooMuch when the stored form is too long.
func (s State) encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // the marker is base64
	if err := enc.Encode(stateJSON{Version, s.Runs, grouped(s.Acceptances), s.Check, s.Last}); err != nil {
		return nil, err
	}
	data := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%d bytes, %d are allowed: %w", len(data), MaxBytes, ErrTooMuch)
	}
	return data, nil
}

// drop leaves out what can be spared most, and reports whether there was something.
func (s *State) drop() bool {
	if n := len(s.Runs); n > 1 {
		s.Runs = s.Runs[:n-1]
		return true
	}
	for i, a := range slices.Backward(s.Acceptances) {
		if a.End != nil {
			s.Acceptances = slices.Delete(slices.Clone(s.Acceptances), i, i+1)
			return true
		}
	}
	switch {
	case s.Last != nil:
		s.Last = nil
	case len(s.Runs) > 0:
		s.Runs = nil
	case s.Check != nil:
		s.Check = nil
	default:
		return false
	}
	return true
}

// least is what cannot be left out.
func (s State) least() State {
	s, _ = s.cleaned()
	for s.drop() {
	}
	return s
}

// grouped puts the acceptances of one comment that follow each other together.
func grouped(as []Acceptance) []acceptedJSON {
	var out []acceptedJSON
	for _, a := range as {
		g := acceptedJSON{By: a.By, Reason: a.Reason, Time: a.Time, Comment: a.CommentID, Head: a.Head}
		u := askedJSON{a.Suite, a.Question, a.Digest, a.Book, a.End}
		if n := len(out); n > 0 && out[n-1].same(g) {
			out[n-1].Suites = append(out[n-1].Suites, u)
			continue
		}
		g.Suites = []askedJSON{u}
		out = append(out, g)
	}
	return out
}

func (g acceptedJSON) same(o acceptedJSON) bool {
	return g.By == o.By && g.Reason == o.Reason && g.Time.Equal(o.Time) && g.Comment == o.Comment && g.Head == o.Head
}

// readJSON is stateJSON with parts that are read one by one, so that a bad one does not take the others with it.
type readJSON struct {
	Version  int               `json:"v"`
	Runs     []json.RawMessage `json:"runs"`
	Accepted []json.RawMessage `json:"accepted"`
	Check    json.RawMessage   `json:"check"`
	Last     json.RawMessage   `json:"last"`
}

// UnmarshalJSON reads a ratio; what is not there is no statement and not 0.
func (r *Ratio) UnmarshalJSON(b []byte) error {
	type plain Ratio
	none := figure.Number(math.NaN())
	p := plain{none, none, none}
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	*r = Ratio(p)
	return nil
}

// Decode reads a stored form. No data is the zero value. A form that is not ours, or of a version that is not known, is
// the zero value with an error that says so; parts of it that are malformed are left out, with an error that says which.
// The error is for people and no reason to stop: what could be read holds.
func Decode(data []byte) (State, error) {
	if len(data) == 0 {
		return State{}, nil
	}
	var j readJSON
	if len(data) > MaxBytes {
		return State{}, fmt.Errorf("reading the state: %d bytes, %d are allowed", len(data), MaxBytes)
	}
	if err := json.Unmarshal(data, &j); err != nil {
		return State{}, fmt.Errorf("reading the state: %w", err)
	}
	if j.Version != Version {
		return State{}, fmt.Errorf("reading the state: its version is %d; this pertask reads %d", j.Version, Version)
	}
	s, errs := j.state()
	s, err := s.cleaned()
	if err := errors.Join(errs, err); err != nil {
		return s, fmt.Errorf("reading the state: %w", err)
	}
	return s, nil
}

// state reads the parts.
func (j readJSON) state() (s State, err error) {
	var errs []error
	for i, raw := range j.Runs {
		s.Runs = append(s.Runs, part[Run](raw, fmt.Sprintf("run %d", i+1), &errs)...)
	}
	for i, raw := range j.Accepted {
		for _, g := range part[acceptedJSON](raw, fmt.Sprintf("comment %d", i+1), &errs) {
			for _, u := range g.Suites {
				s.Acceptances = append(s.Acceptances, Acceptance{g.By, g.Reason, g.Time, g.Comment, g.Head, u.Name, u.Question, u.Digest, u.Book, u.End})
			}
		}
	}
	for _, c := range part[Check](j.Check, "check", &errs) {
		s.Check = &c
	}
	for _, a := range part[Answer](j.Last, "last answer", &errs) {
		s.Last = &a
	}
	return s, errors.Join(errs...)
}

// part reads one part: none when it is not there or malformed.
func part[T any](raw json.RawMessage, what string, errs *[]error) []T {
	var x T
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	if err := json.Unmarshal(raw, &x); err != nil {
		*errs = append(*errs, fmt.Errorf("%s: %w", what, err))
		return nil
	}
	return []T{x}
}
