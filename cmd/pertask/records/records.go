// Package records reports on recorded trials: our own journals and CSV files, and what other runners wrote.
//
// It knows which of them a file or folder of this machine is, and hands it to the reader of its format. It refuses
// to know flags, the formats themselves, and how a report looks.
package records

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/formats"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial/journal"
)

// The formats of our own, beside those of package formats.
const (
	Auto = "auto" // found by content
	csv  = "csv"
)

// Formats are the names of the formats that a Request may name, for messages.
func Formats() string { return Auto + ", " + csv + ", " + formats.Names() }

// UsageError is a request that cannot be carried out as it was put.
type UsageError struct{ error }

func usagef(format string, args ...any) error { return UsageError{fmt.Errorf(format, args...)} }

// Request says what is to be reported on.
type Request struct {
	Paths              []string // files and folders from which both arms are picked
	BaseFrom, HeadFrom string   // or a file or folder for each arm
	Format             string   // Auto, "csv", or one of package formats
	Selection          compare.Selection
	Options            recorded.Options
}

// Report reads the records and reports on them.
func (r Request) Report(o compare.Options) (*report.Report, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if len(r.Paths) == 1 {
		rep, ours, err := r.own(r.Paths[0], o)
		if ours || err != nil {
			return rep, err
		}
	}
	var base, head compare.Recording
	var err error
	if r.BaseFrom == "" {
		base, err = r.recording(r.Paths...)
		head = base
	} else if base, err = r.recording(r.BaseFrom); err == nil {
		head, err = r.recording(r.HeadFrom)
	}
	if err != nil {
		return nil, err
	}
	base.Want, head.Want = r.Selection.Base, r.Selection.Head
	for _, n := range append(base.Records.Notes, head.Records.Notes...) {
		if !contains(o.Notes, n) {
			o.Notes = append(o.Notes, n)
		}
	}
	return compare.AnalyzeRecords(base, head, r.Selection, o)
}

func (r Request) check() error {
	switch {
	case (r.BaseFrom == "") != (r.HeadFrom == ""):
		return usagef("--base-from and --head-from go together")
	case r.BaseFrom != "" && len(r.Paths) > 0:
		return usagef("either files and folders with the trials of both arms, or --base-from and --head-from: %q", r.Paths)
	case r.BaseFrom == "" && len(r.Paths) == 0:
		return usagef("name a file or folder of recorded trials, or one for each arm with --base-from and --head-from")
	}
	if r.Format != Auto && r.Format != csv {
		if _, err := formats.Named(r.Format); err != nil {
			return usagef("--input %s: it is one of %s", strconv.Quote(r.Format), Formats())
		}
	}
	return nil
}

// own reports on a journal or a CSV file; it returns false when the path is one of another runner's.
func (r Request) own(path string, o compare.Options) (rep *report.Report, ours bool, err error) {
	src, err := source(path)
	if err != nil {
		return nil, false, err
	}
	if folder, err := src.IsFolder(); folder || err != nil {
		return nil, false, err
	}
	if r.Format == Auto {
		if _, found, err := formats.Find(src); found || err != nil {
			return nil, false, err
		}
	} else if r.Format != csv {
		return nil, false, nil
	}
	f, err := src.Open()
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	sel := r.Selection
	sel.Path = path
	first, err := in.Peek(1)
	if err != nil || first[0] != '{' || r.Format == csv {
		if sel.Base == "" || sel.Head == "" {
			return nil, true, UsageError{errors.New("--base and --head must name two models of the file")}
		}
		rep, err = compare.AnalyzeCSV(in, sel, o)
		return rep, true, err
	}
	if sel.Base != "" || sel.Head != "" || sel.Dataset != "" || sel.Reprice {
		return nil, true, usagef("%s is a journal, which knows its arms and is always priced from tokens; --base, --head, --dataset and --reprice are for records of other formats", strconv.Quote(path))
	}
	evidence, err := journal.Read(in, path)
	if err != nil {
		return nil, true, err
	}
	rep, err = compare.AnalyzeJournal(evidence, o)
	return rep, true, err
}

// recording reads the records of one or both arms.
func (r Request) recording(paths ...string) (compare.Recording, error) {
	out := compare.Recording{Path: strings.Join(paths, ", ")}
	for _, path := range paths {
		src, err := source(path)
		if err != nil {
			return out, err
		}
		f, err := r.format(src)
		if err != nil {
			return out, err
		}
		got, err := f.Read(src, r.Options)
		if err != nil {
			return out, err
		}
		out.Records.Rows = append(out.Records.Rows, got.Rows...)
		out.Records.Notes = append(out.Records.Notes, fmt.Sprintf("%s holds %s: %d trials were read.", path, f.Title, len(got.Rows)))
		for _, n := range got.Notes {
			out.Records.Notes = append(out.Records.Notes, "In "+path+": "+strings.TrimSuffix(n, ".")+".")
		}
		for _, n := range f.Untold {
			if !contains(out.Records.Notes, n) {
				out.Records.Notes = append(out.Records.Notes, n)
			}
		}
	}
	return out, nil
}

// format is the one that was named, or the one that is found.
func (r Request) format(src recorded.Source) (recorded.Format, error) {
	switch r.Format {
	case csv:
		return table, nil
	case Auto:
	default:
		return formats.Named(r.Format)
	}
	f, found, err := formats.Find(src)
	if found || err != nil {
		return f, err
	}
	if strings.HasSuffix(src.Path, ".csv") {
		return table, nil
	}
	return f, &recorded.Error{Path: src.Path, Problem: "there are no recorded trials of a known format in it", Allowed: "name the format with --input: " + Formats()}
}

// table is our own CSV form as a format.
var table = recorded.Format{Name: csv, Title: "a CSV table", Read: func(src recorded.Source, _ recorded.Options) (recorded.Records, error) {
	var out recorded.Records
	f, err := src.Open()
	if err != nil {
		return out, err
	}
	defer f.Close()
	err = recorded.ReadCSV(f, src.Path, func(row recorded.Row) error {
		out.Rows = append(out.Rows, row)
		return nil
	})
	return out, err
}}

// source opens the folder of a path, so that what lies beside a file can be read, too.
func source(path string) (recorded.Source, error) {
	st, err := os.Stat(path)
	if err != nil {
		return recorded.Source{}, fmt.Errorf("reading recorded trials: %w", err)
	}
	if st.IsDir() {
		return recorded.Source{FS: os.DirFS(path), Name: ".", Path: path}, nil
	}
	if !st.Mode().IsRegular() {
		return recorded.Source{}, fmt.Errorf("reading recorded trials: %s is neither a file nor a folder", strconv.Quote(path))
	}
	return recorded.Source{FS: os.DirFS(filepath.Dir(path)), Name: filepath.Base(path), Path: path}, nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
