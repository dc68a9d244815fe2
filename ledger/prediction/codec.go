package prediction

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pertask/pertask/internal/exactjson"
)

// MaxLine is how many bytes a line has at most, without its end.
const MaxLine = 64 << 10

// line is what a line of JSON says: one of both.
type line struct {
	Prediction *Prediction `json:"prediction,omitempty"`
	Outcome    *Outcome    `json:"outcome,omitempty"`
}

// EncodePrediction returns a prediction as a line of JSON without its end. A bad one (Check) is an error.
func EncodePrediction(p Prediction) ([]byte, error) { return encode(line{Prediction: &p}, p.Check()) }

// EncodeOutcome returns an outcome as a line of JSON without its end. A bad one (Check) is an error.
func EncodeOutcome(o Outcome) ([]byte, error) { return encode(line{Outcome: &o}, o.Check()) }

func encode(l line, bad error) ([]byte, error) {
	if bad != nil {
		return nil, bad
	}
	b, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	if len(b) > MaxLine {
		return nil, fmt.Errorf("a line of %d bytes; at most %d are kept", len(b), MaxLine)
	}
	return b, nil
}

// Decode reads a line that EncodePrediction or EncodeOutcome wrote: exactly one of the results is not nil. A field that
// is not known or is there twice, and a value that Check refuses, are errors.
func Decode(b []byte) (*Prediction, *Outcome, error) {
	if len(b) > MaxLine {
		return nil, nil, fmt.Errorf("a line of %d bytes; at most %d are read", len(b), MaxLine)
	}
	var l line
	if err := exactjson.Decode(bytes.TrimSpace(b), &l); err != nil {
		return nil, nil, err
	}
	switch {
	case (l.Prediction == nil) == (l.Outcome == nil):
		return nil, nil, errors.New("a line says a prediction or an outcome, and not both")
	case l.Prediction != nil:
		return l.Prediction, nil, l.Prediction.Check()
	}
	return nil, l.Outcome, l.Outcome.Check()
}

// Equal reports whether two predictions say the same.
func (p Prediction) Equal(q Prediction) bool { return same(line{Prediction: &p}, line{Prediction: &q}) }

// Equal reports whether two outcomes say the same.
func (o Outcome) Equal(q Outcome) bool { return same(line{Outcome: &o}, line{Outcome: &q}) }

// same compares by what would be stored. What cannot be stored is like nothing.
func same(a, b line) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
