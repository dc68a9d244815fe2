package aa

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"time"

	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/verdict"
)

// Path is where the record of A/A runs is, from the root of the repository. It is read from the base, as the configuration
// is, and gets there by a change that people review.
const Path = ".github/pertask-aa.json"

// Schema names the version of the record's form. Later versions add fields and never rename them.
const Schema = "pertask.aa/1"

// Run is one A/A run of a suite.
type Run struct {
	Suite  string    `json:"suite"`  // name
	Digest string    `json:"digest"` // of the suite
	Time   time.Time `json:"time"`
	// Simulated is set where trials were drawn from stored ones; otherwise they were carried out.
	Simulated bool `json:"simulated"`
	// Tests is how often the whole test was made, and False how many of them led to a verdict, which was a false one.
	Tests int `json:"tests"`
	False int `json:"false"`
	// Factor is that of the interval, and Resolves the smallest factor that the suite can show; null where not known.
	Factor   figure.Number `json:"factor"`
	Resolves figure.Number `json:"resolves"`
}

// Record is the A/A runs of a repository, one for each suite: the last one.
type Record struct {
	Schema string `json:"schema"`
	Runs   []Run  `json:"runs"`
}

const maxRecord = 1 << 20 // bytes

// Parse reads a record.
func Parse(data []byte) (Record, error) {
	var r Record
	if len(data) > maxRecord {
		return r, fmt.Errorf("reading %s: it has %d bytes; at most %d are allowed", Path, len(data), maxRecord)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&r); err != nil {
		return Record{}, fmt.Errorf("reading %s: %w", Path, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Record{}, fmt.Errorf("reading %s: there is something after the record", Path)
	}
	if r.Schema != Schema {
		return Record{}, fmt.Errorf("reading %s: the schema %.80q is not known; this version reads %q", Path, r.Schema, Schema)
	}
	for _, run := range r.Runs {
		if run.Tests < 1 || run.False < 0 || run.False > run.Tests {
			return Record{}, fmt.Errorf("reading %s: %d false verdicts in %d tests of suite %.80q", Path, run.False, run.Tests, run.Suite)
		}
	}
	return r, nil
}

// Read reads the record of a tree; one without a record has an empty one.
func Read(source fs.FS) (Record, error) {
	data, err := fs.ReadFile(source, Path)
	if errors.Is(err, fs.ErrNotExist) {
		return Record{Schema: Schema}, nil
	}
	if err != nil {
		return Record{}, fmt.Errorf("reading %s: %w", Path, err)
	}
	return Parse(data)
}

// With returns the record with a run in the place of the earlier one of its suite.
func (r Record) With(run Run) Record {
	out := Record{Schema: Schema}
	for _, old := range r.Runs {
		if old.Suite != run.Suite {
			out.Runs = append(out.Runs, old)
		}
	}
	out.Runs = append(out.Runs, run)
	slices.SortStableFunc(out.Runs, func(a, b Run) int { return bytes.Compare([]byte(a.Suite), []byte(b.Suite)) })
	return out
}

// JSON writes the record.
func (r Record) JSON() ([]byte, error) {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the record of A/A runs: %w", err)
	}
	return append(data, '\n'), nil
}

// most is the share of false verdicts that a test may have.
const most = 0.05

// Findings says what a reader of a verdict that may block must know of the A/A runs of its suite. There are none where
// nothing blocks.
func Findings(source fs.FS, p verdict.Policy, suite, digest string) []verdict.Finding {
	if p.Mode != verdict.Block {
		return nil
	}
	find := func(code, format string, args ...any) []verdict.Finding {
		return []verdict.Finding{{Code: code, Path: Path, Text: fmt.Sprintf(format, args...)}}
	}
	r, err := Read(source)
	if err != nil {
		return find("aa-run-unreadable", "`verdict.mode` is block, and the record of A/A runs cannot be read: %v.", err)
	}
	i := slices.IndexFunc(r.Runs, func(run Run) bool { return run.Suite == suite })
	if i < 0 {
		f := find("no-aa-run", "`verdict.mode` is block, and no A/A run of this suite is recorded, so nobody has seen that it stays silent when nothing changes. "+
			"`pertask aa` measures the base against itself; with `--record` it writes `%s`, to be committed.", Path)
		f[0].Path = ""
		return f
	}
	run := r.Runs[i]
	limit := most + 2*standardError(most, run.Tests)
	switch {
	case run.Digest != digest:
		return find("aa-run-of-another-suite", "`verdict.mode` is block, and the A/A run of %s was of another version of this suite. `pertask aa --record` repeats it.",
			run.Time.UTC().Format(time.DateOnly))
	case float64(run.False)/float64(run.Tests) > limit:
		return find("aa-false-verdicts", "`verdict.mode` is block, and in the A/A run of %s %d of %d tests of the base against itself led to a verdict, which is more than chance: keep `mode: report` until it is known why.",
			run.Time.UTC().Format(time.DateOnly), run.False, run.Tests)
	}
	return nil
}

// standardError is the standard error of a share that was counted in so many tests.
func standardError(share float64, tests int) float64 {
	return math.Sqrt(share * (1 - share) / float64(tests))
}
