package report

import (
	"bytes"
	_ "embed" // for the schema
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/verdict"
)

//go:embed schema/report-1.schema.json
var schemaJSON []byte

// SchemaJSON returns the JSON Schema of what JSON writes, draft 2020-12. The caller owns the bytes.
func SchemaJSON() []byte { return bytes.Clone(schemaJSON) }

// JSON writes a report as indented JSON with a newline at its end. It sets the schema; lists that are empty are
// written as such and never as null. It does not change r.
func JSON(r *Report) ([]byte, error) {
	full := *r
	full.Schema = Schema
	full.Base, full.Head = listed(r.Base), listed(r.Head)
	full.Changes = notNil(r.Changes)
	full.NotApplied = notNil(r.NotApplied)
	full.Tasks = notNil(r.Tasks)
	full.LeftOut = notNil(r.LeftOut)
	full.Findings = notNil(r.Findings)
	full.Notes = notNil(r.Notes)
	full.NextSteps = notNil(r.NextSteps)
	full.PriceBook.Rows = notNil(r.PriceBook.Rows)
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(&full); err != nil {
		return nil, fmt.Errorf("writing the report of suite %q: %w", r.Suite, err)
	}
	return b.Bytes(), nil
}

func listed(a Arm) Arm {
	a.Settings = notNil[arm.Setting](a.Settings)
	a.ServedModels = notNil(a.ServedModels)
	return a
}

func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// ParseJSON reads what JSON writes. It refuses other schema versions, a result that it does not know and
// anything after the report. Fields that it does not know are ignored: later writers of the same version may
// add some.
func ParseJSON(b []byte) (*Report, error) {
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, fmt.Errorf("reading a report: %w", err)
	}
	if head.Schema != Schema {
		return nil, fmt.Errorf("reading a report: schema %q; allowed is %q", head.Schema, Schema)
	}
	var r Report
	d := json.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(&r); err != nil {
		return nil, fmt.Errorf("reading a report: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("reading a report: there is more after its end")
	}
	switch r.Result {
	case verdict.NothingChanged, verdict.Measured, verdict.NotMeasured, verdict.Accepted, verdict.BadInput:
		return &r, nil
	}
	return nil, fmt.Errorf("reading a report: result %q; allowed are nothing-changed, measured, not-measured, accepted and bad-input", r.Result)
}
