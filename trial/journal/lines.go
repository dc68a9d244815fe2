package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/pertask/pertask/internal/linefile"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// Read reads a journal that somebody else keeps, such as an artifact of a workflow. The name is for messages. A
// torn last line, which a killed process leaves, is left out; any other line that is not a record of a known
// version is an error with its place.
func Read(r io.Reader, name string) (trial.Evidence, error) {
	var f folder
	if _, err := readAll(r, name, f.add); err != nil {
		return trial.Evidence{}, err
	}
	return f.evidence(), nil
}

// maxLine bounds a line of a journal in bytes.
const maxLine = 16 << 20

// layout is what a reader found out about the end of a journal.
type layout struct {
	whole   int64 // bytes up to the end of the last whole record
	torn    bool  // the last line is the beginning of a record
	unended bool  // the last line is a whole record, but for the end of the line
}

// readAll reads the lines of a journal.
func readAll(r io.Reader, name string, add func(record)) (layout, error) {
	var l layout
	in := linefile.NewReader(r, maxLine)
	for number := 1; ; number++ {
		line, ended, err := in.Next()
		if err != nil {
			return l, fmt.Errorf("%s:%d: %w", name, number, err)
		}
		if len(line) == 0 && !ended {
			return l, nil
		}
		rec, err := parseRecord(line)
		if err != nil && !ended && errors.Is(err, errSyntax) {
			l.torn = true
			return l, nil
		}
		if err != nil {
			return l, fmt.Errorf("%s:%d: %w", name, number, err)
		}
		add(rec)
		l.whole += int64(len(line))
		if !ended {
			l.unended = true
			return l, nil
		}
		l.whole++
	}
}

// errSyntax is a line that is not JSON: at the end of a journal a torn one.
var errSyntax = errors.New("the line is not a JSON object; journals have one per line")

func parseRecord(line []byte) (record, error) {
	var r record
	if !json.Valid(line) || len(bytes.TrimSpace(line)) == 0 || bytes.TrimSpace(line)[0] != '{' {
		return r, errSyntax
	}
	if err := json.Unmarshal(line, &r); err != nil {
		return r, fmt.Errorf("reading a record: %w", err)
	}
	switch {
	case r.Call != nil && r.Trial == nil && r.Opened == nil:
		if _, err := callRecord(*r.Call); err != nil {
			return r, err
		}
		return r, known(r.Call.Schema, usage.CallSchema)
	case r.Trial != nil && r.Call == nil && r.Opened == nil:
		if r.Trial.ID == "" {
			return r, errors.New("reading a trial: it has no id")
		}
		if _, err := trialRecord(*r.Trial); err != nil {
			return r, err
		}
		return r, known(r.Trial.Schema, trial.Schema)
	case r.Opened != nil && r.Call == nil && r.Trial == nil:
		return r, known(r.Opened.Schema, schema)
	}
	return r, errors.New("the record is of no known kind; a line holds one of call, trial and opened")
}

func known(got, want string) error {
	if got != want {
		return fmt.Errorf("the schema %q is not known; this version reads %q", got, want)
	}
	return nil
}
