package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"time"

	"github.com/pertask/pertask/internal/linefile"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/session/tally"
)

// Scan reads what is new in the logs of the homes, and hands the entries that have grown to Add, in the order of
// spend.Sort within one call of it.
//
// A log that grew is read from where the last scan stopped. One that became another file, or a shorter one, is read from its
// beginning: calls that were counted are not counted again. A file that cannot be read is a problem of the result and does
// not stop the others. The error is of the context, of Add, or of writing the state; the next scan then reads the same again
// and makes the same entries.
func Scan(ctx context.Context, o Options) (Result, error) {
	s := newScanner(o)
	defer s.close()
	if err := s.logs(ctx); err != nil {
		return s.result, err
	}
	if err := s.hand(ctx); err != nil {
		return s.result, fmt.Errorf("handing on entries of session logs: %w", err)
	}
	return s.result, s.keep()
}

type scanner struct {
	o      Options
	state  *state
	tally  tally.Tally
	roots  []*os.Root
	result Result
}

func newScanner(o Options) *scanner {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.Since.IsZero() {
		o.Since = o.Now.Add(-Horizon)
	}
	if o.Workers <= 0 {
		o.Workers = min(2, runtime.GOMAXPROCS(0))
	}
	s := &scanner{o: o}
	var err error
	if s.state, err = loadState(o.State); err != nil {
		s.problem(err)
	}
	s.result.Fresh = s.state.Files == nil
	if s.state.Files == nil {
		s.state.Files = map[uint64]*read{}
	}
	where := newPlaces(o, s.state.Dirs)
	s.state.Dirs = where.dirs
	s.tally = tally.Tally{Place: where.of, Provider: providers(), Since: o.Since, Now: o.Now, Known: o.Known}
	if o.Measured.Len() > 0 {
		s.tally.Measured = o.Measured.has
	}
	s.tally.Resume(s.state.Sums, s.state.calls)
	return s
}

func (s *scanner) close() {
	for _, r := range s.roots {
		r.Close()
	}
}

// maxProblems bounds how many problems are told.
const maxProblems = 100

func (s *scanner) problem(err error) {
	if len(s.result.Problems) < maxProblems {
		s.result.Problems = append(s.result.Problems, err)
	}
}

// logs reads all logs.
func (s *scanner) logs(ctx context.Context) error {
	var all []*log
	whole := true // every home could be listed
	for _, h := range s.o.Homes {
		f, ok := formats[h.Harness]
		if !ok {
			s.problem(fmt.Errorf("reading the logs of %q: its logs are not known", h.Harness))
			continue
		}
		root, err := os.OpenRoot(h.Dir)
		if err != nil {
			whole = false
			s.problem(fmt.Errorf("reading the logs of %s: %w", h.Harness, err))
			continue
		}
		s.roots = append(s.roots, root)
		found, err := f.find(h, root)
		if err != nil {
			whole = false
			s.problem(err)
		}
		all = append(all, found...)
	}
	s.result.Files = len(all)
	s.meet(all)
	if err := pipeline(ctx, s.o.Workers, all, s.open, s.take); err != nil {
		return fmt.Errorf("reading session logs: %w", err)
	}
	if whole {
		s.forget()
	}
	return nil
}

// meet finds out which logs were read before, also under another name.
func (s *scanner) meet(all []*log) {
	for _, l := range all {
		if r := s.state.Files[l.key()]; r != nil {
			r.there = true
		}
	}
	var moved map[uint64]uint64 // of the last elements of names of logs that are gone, their keys
	for _, l := range all {
		key := l.key()
		if s.state.Files[key] != nil {
			continue
		}
		if moved == nil {
			moved = map[uint64]uint64{}
			for k, r := range s.state.Files {
				if !r.there {
					moved[r.Name] = k
				}
			}
		}
		base := record.Key(l.home.Harness, path.Base(l.name))
		r := &read{Name: base}
		if from, ok := moved[base]; ok {
			r = s.state.Files[from]
			delete(s.state.Files, from)
			delete(moved, base)
			r.Size = -1 // look into it
		}
		r.there = true
		s.state.Files[key] = r
	}
}

// key is what a log is known by between scans.
func (l *log) key() uint64 { return record.Key(l.home.Harness, l.home.Dir, l.name) }

// forget drops what is known of logs that are gone. What was open of them is counted.
func (s *scanner) forget() {
	for k, r := range s.state.Files {
		if !r.there {
			s.tally.Flush(&r.Window)
			delete(s.state.Files, k)
		}
	}
}

// open opens a log in which there may be something new, at its place. It returns no file where there is not.
func (s *scanner) open(l *log) (f *os.File, r *read, from int64, err error) {
	r = s.state.Files[l.key()]
	if r.Size == l.size && r.Changed == l.changed.UnixNano() {
		if r.Window.IsZero() {
			return nil, nil, 0, nil
		}
		return nil, r, r.Offset, io.EOF // nothing new, but something may be settled by now
	}
	if l.whole() != nil {
		return nil, r, 0, nil
	}
	if f, err = linefile.Open(l.root, l.name, os.O_RDONLY); err != nil {
		return nil, r, r.Offset, err
	}
	from = r.Offset
	if from > l.size || !r.same(f) {
		from = 0
	}
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		f.Close()
		return nil, r, r.Offset, err
	}
	return f, r, from, nil
}

// take counts what a chunk of a job says; nil is behind the last.
func (s *scanner) take(j *job, c *chunk) error {
	r := j.read
	if j.first {
		s.begin(j)
		j.first = false
	}
	if c == nil {
		if j.last {
			s.end(j)
		}
		return nil
	}
	fold := formats[j.log.home.Harness].fold
	for i := range c.lines {
		l := &c.lines[i]
		call, why := fold(&r.State, l)
		s.tally.Skip(why, 1)
		if call {
			s.tally.Add(j.log.home.Harness, &r.Window, &l.Call)
		}
	}
	for why, n := range c.skip {
		s.tally.Skip(why, n)
	}
	s.result.Lines += c.count
	switch {
	case j.log.whole() != nil:
		s.result.Bytes += c.end
	case c.end > 0:
		s.result.Bytes += c.end - r.Offset
		r.Offset = c.end
	}
	if c.err != nil {
		r.failed = c.err
	}
	return nil
}

func (s *scanner) begin(j *job) {
	r := j.read
	if r.failed = nil; j.from == 0 && r.Offset > 0 && j.log.whole() == nil {
		s.tally.Flush(&r.Window)
		*r = read{Name: r.Name, there: true}
	}
	if dir := formats[j.log.home.Harness].dir; dir != nil && r.State.Place.Dir == "" {
		r.State.Place.Dir = dir(j.log)
	}
}

// recent is how long after it was written to a log may have more to say of the calls that it ends with.
const recent = 24 * time.Hour

func (s *scanner) end(j *job) {
	r := j.read
	s.tally.End(&r.Window, s.o.Now.Sub(j.log.changed) < recent)
	if r.Size != j.log.size || r.Changed != j.log.changed.UnixNano() {
		s.result.Read++
	}
	r.Size, r.Changed = j.log.size, j.log.changed.UnixNano()
	if j.file != nil && !r.mark(j.file) {
		r.Offset, r.Size = 0, -1 // it was cut meanwhile
	}
	switch {
	case r.failed == nil:
	case errors.Is(r.failed, os.ErrNotExist): // gone since it was listed
		r.Size = -1
	default:
		r.Size = -1 // look into it again
		s.problem(fmt.Errorf("reading a log of %s: %w", j.log.home.Harness, r.failed))
	}
}

// batch is how many entries are handed on at once.
const batch = 512

// hand hands on the entries that have grown.
func (s *scanner) hand(ctx context.Context) error {
	s.result.Calls, s.result.Skipped = s.tally.Calls, s.tally.Skipped
	var entries []spend.Entry
	flush := func() error {
		if len(entries) == 0 {
			return nil
		}
		s.result.Entries += int64(len(entries))
		if s.o.Add != nil {
			if err := s.o.Add(ctx, entries...); err != nil {
				return err
			}
		}
		entries = nil
		return nil
	}
	for e, err := range s.tally.Changed() {
		if err != nil {
			s.problem(err)
			continue
		}
		if entries = append(entries, e); len(entries) == batch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// keep writes the state.
func (s *scanner) keep() error {
	s.tally.Keep(s.o.Since)
	var calls *tally.Set
	s.state.Sums, calls = s.tally.Sums()
	s.state.calls = *calls
	return s.state.save(s.o.State)
}
