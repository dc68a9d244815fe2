package spend

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/usage"
)

// column is one column of the CSV form: how its cell is written, and read.
type column struct {
	name string
	get  func(Entry) string
	set  func(*Entry, string) error
}

// columns lists the columns in their order. Lists and maps are JSON in a cell; what is not known is an empty cell.
func columns() []column {
	cols := []column{
		moment("hour", func(e *Entry) *time.Time { return &e.Hour }), moment("last", func(e *Entry) *time.Time { return &e.Last }),
		words("source", func(e *Entry) *Source { return &e.Source }), words("provenance", func(e *Entry) *Provenance { return &e.Provenance }),
		words("harness", func(e *Entry) *string { return &e.Harness }), words("version", func(e *Entry) *string { return &e.Version }),
		words("repository", func(e *Entry) *string { return &e.Repository }), words("branch", func(e *Entry) *string { return &e.Branch }),
		words("commit", func(e *Entry) *string { return &e.Commit }), number("pull", func(e *Entry) *int { return &e.Pull }),
		words("author", func(e *Entry) *string { return &e.Author }), packed("labels", func(e *Entry) *[]string { return &e.Labels }),
		words("provider", func(e *Entry) *string { return &e.Provider }), words("model", func(e *Entry) *string { return &e.Model }),
		words("tier", func(e *Entry) *string { return &e.Tier }), packed("attributes", func(e *Entry) *map[string]string { return &e.Attributes }),
		number("above", func(e *Entry) *int64 { return &e.Above }), number("upto", func(e *Entry) *int64 { return &e.Upto }),
		number("calls", func(e *Entry) *int64 { return &e.Calls }), number("unseen", func(e *Entry) *int64 { return &e.Unseen }),
	}
	for _, c := range append(usage.Classes(), "reasoning") {
		cols = append(cols, tokens(c))
	}
	return append(cols, packed("requests", func(e *Entry) *map[string]int64 { return &e.Requests }), reportedUSD,
		words("session", func(e *Entry) *string { return &e.Session }), words("part", func(e *Entry) *string { return &e.Part }),
		words("id", func(e *Entry) *string { return &e.ID }))
}

// words is a column of text. A cell that a spreadsheet would take for a formula begins with an apostrophe.
func words[S ~string](name string, at func(*Entry) *S) column {
	formula := func(s string) bool { return s != "" && strings.ContainsRune("=+-@'\t\r", rune(s[0])) }
	return column{name, func(e Entry) string {
		s := string(*at(&e))
		if formula(s) {
			s = "'" + s
		}
		return s
	}, func(e *Entry, s string) error {
		if rest, quoted := strings.CutPrefix(s, "'"); quoted && formula(rest) {
			s = rest
		}
		*at(e) = S(s)
		return nil
	}}
}

func moment(name string, at func(*Entry) *time.Time) column {
	return column{name, func(e Entry) string { return at(&e).Format(time.RFC3339Nano) }, func(e *Entry, s string) error {
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return fmt.Errorf("%s %.40q is not a time; write it as 2026-11-23T15:00:00Z", name, s)
		}
		*at(e) = t.UTC()
		return nil
	}}
}

func number[N int | int64](name string, at func(*Entry) *N) column {
	return column{name, func(e Entry) string {
		if n := *at(&e); n != 0 {
			return strconv.FormatInt(int64(n), 10)
		}
		return ""
	}, func(e *Entry, s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || int64(N(n)) != n {
			return fmt.Errorf("%s %.40q is not a whole number", name, s)
		}
		*at(e) = N(n)
		return nil
	}}
}

// packed is a column of a list or a map.
func packed[T []string | map[string]string | map[string]int64](name string, at func(*Entry) *T) column {
	return column{name, func(e Entry) string {
		v := *at(&e)
		if len(v) == 0 {
			return ""
		}
		text, err := json.Marshal(v)
		if err != nil { // text and numbers always have a JSON form
			return ""
		}
		return string(text)
	}, func(e *Entry, s string) error {
		if err := json.Unmarshal([]byte(s), at(e)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}}
}

func tokens(c usage.Class) column {
	return column{string(c), func(e Entry) string {
		if n := count(e.Tokens, c); n.IsKnown() {
			return n.String()
		}
		return ""
	}, func(e *Entry, s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		switch {
		case err != nil || n < 0:
			return fmt.Errorf("%s %.40q is not a count", c, s)
		case c == "reasoning":
			e.Tokens.Reasoning = usage.Known(n)
		default:
			e.Tokens.Set(c, usage.Known(n))
		}
		return nil
	}}
}

var reportedUSD = column{"reported_usd", func(e Entry) string {
	if e.ReportedUSD.IsKnown() {
		return e.ReportedUSD.String()
	}
	return ""
}, func(e *Entry, s string) error {
	quoted, err := json.Marshal(s)
	if err == nil {
		err = e.ReportedUSD.UnmarshalJSON(quoted)
	}
	return err
}}

// WriteCSV writes entries as comma-separated values with a row of names, for people and their spreadsheets, and returns
// how many there were. ReadCSV reads all of it back.
func WriteCSV(w io.Writer, entries iter.Seq2[Entry, error]) (n int, s Skipped, err error) {
	cols := columns()
	out := csv.NewWriter(w)
	row := make([]string, len(cols))
	for i, c := range cols {
		row[i] = c.name
	}
	err = out.Write(row)
	if err == nil {
		s, err = Each(entries, func(e Entry) error {
			for i, c := range cols {
				row[i] = c.get(e)
			}
			n++
			return out.Write(row)
		})
	}
	out.Flush()
	if err = errors.Join(err, out.Error()); err != nil {
		err = fmt.Errorf("writing entries as CSV: %w", err)
	}
	return n, s, err
}

// ReadCSV yields the entries of comma-separated values with the names of WriteCSV in the first row, in any order. Columns
// that are left out, and empty cells, are not known; the id is worked out where there is none. The error of a row is a
// LineError with the given name, and reading goes on after it; every other error is the last.
func ReadCSV(name string, r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		in := csv.NewReader(r)
		in.ReuseRecord = true
		cols, err := header(in)
		if err != nil {
			yield(Entry{}, fmt.Errorf("reading entries of %q: %w", name, err))
			return
		}
		for {
			row, err := in.Read()
			if err == io.EOF {
				return
			}
			var e Entry
			bad := new(csv.ParseError)
			switch {
			case errors.As(err, &bad):
				err = &LineError{name, bad.Line, bad.Err}
			case err != nil:
				yield(Entry{}, fmt.Errorf("reading entries of %q: %w", name, err))
				return
			default:
				if e, err = entryOf(cols, row); err != nil {
					line, _ := in.FieldPos(0)
					e, err = Entry{}, &LineError{name, line, err}
				}
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// header reads the row of names.
func header(in *csv.Reader) ([]column, error) {
	names, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("the row of names: %w", err)
	}
	known := columns()
	var cols []column
	for i, n := range names {
		n = strings.TrimSpace(strings.TrimPrefix(n, "\ufeff"))
		at := slices.IndexFunc(known, func(c column) bool { return c.name == n })
		if at < 0 || slices.ContainsFunc(cols[:i], func(c column) bool { return c.name == n }) {
			return nil, fmt.Errorf("column %.40q is not known or given twice; allowed are the names that an export has", n)
		}
		cols = append(cols, known[at])
	}
	return cols, nil
}

// entryOf reads a row.
func entryOf(cols []column, row []string) (Entry, error) {
	var e Entry
	for i, c := range cols {
		if row[i] == "" {
			continue
		}
		if err := c.set(&e, row[i]); err != nil {
			return Entry{}, err
		}
	}
	id := e.ID
	if e = e.Complete(); id != "" {
		e.ID = id
	}
	return e, e.Check()
}
