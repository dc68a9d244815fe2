package spenddir

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"github.com/pertask/pertask/internal/linefile"
	"github.com/pertask/pertask/ledger/spend"
)

// attempts bounds how often a month is read anew because files of it were put together meanwhile, before whoever does that
// has to wait.
const attempts = 5

// Entries implements spend.Store. It holds the entries of one month at a time. What is not finished at the end of a file
// is an error of spend.ErrTorn; the error of a file that cannot be read is like that of a line, too.
func (s *Store) Entries(ctx context.Context, q spend.Query) iter.Seq2[spend.Entry, error] {
	return func(yield func(spend.Entry, error) bool) {
		files, err := s.files()
		if err != nil {
			yield(spend.Entry{}, fmt.Errorf("reading entries in %q: %w", s.dir, err))
			return
		}
		for _, m := range months(files) {
			if !q.From.IsZero() && m < q.From.UTC().Format(monthForm) || !q.To.IsZero() && m > q.To.UTC().Format(monthForm) {
				continue
			}
			set, bad, err := s.month(ctx, m, q)
			if err != nil {
				yield(spend.Entry{}, fmt.Errorf("reading entries in %q: %w", s.dir, err))
				return
			}
			for _, err := range bad {
				if !yield(spend.Entry{}, err) {
					return
				}
			}
			for _, e := range set.Sorted() {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// mostBad bounds the errors of lines that are kept of a month's files, each: one more says that there are others.
const mostBad = 1000

// month reads a month's files, and again when files were put together meanwhile: what was in one may be in another that was
// read before, or was not there.
func (s *Store) month(ctx context.Context, month string, q spend.Query) (set *spend.Set, bad []error, err error) {
	for range attempts {
		var settled bool
		if set, bad, settled, err = s.snapshot(ctx, month, q); settled || err != nil {
			return set, bad, err
		}
	}
	quiet, err := s.quiet(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer quiet.Close()
	set, bad, _, err = s.snapshot(ctx, month, q) // what others add meanwhile may be in it, or not
	return set, bad, err
}

// quietFile is what Compact has locked, and whoever wants to be without it.
const quietFile = "compact.lock"

// quiet waits until nobody puts files together, and keeps others from it until it is closed.
func (s *Store) quiet(ctx context.Context) (*os.File, error) {
	f, err := linefile.Open(s.root, quietFile, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	if err := linefile.Lock(ctx, f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// snapshot reads a month's files once. It is settled when all of them are the same at the end, and there are no others.
func (s *Store) snapshot(ctx context.Context, month string, q spend.Query) (set *spend.Set, bad []error, settled bool, err error) {
	before, err := s.files()
	if err != nil {
		return nil, nil, false, err
	}
	set = &spend.Set{}
	open := map[string]*os.File{} // kept open, so that no other file gets the identity of one
	defer func() {
		for _, f := range open {
			f.Close()
		}
	}()
	for _, name := range before[month] {
		f, wrong, err := s.file(ctx, name, month, q, set)
		if errors.Is(err, os.ErrNotExist) {
			continue // and so it is not settled
		}
		if err != nil {
			return nil, nil, false, err
		}
		if f != nil {
			open[name] = f
		}
		bad = append(bad, wrong...)
	}
	after, err := s.files()
	settled = slices.Equal(before[month], after[month])
	for name, f := range open {
		settled = settled && s.still(f, name)
	}
	return set, bad, settled, err
}

// still reports whether an open file is the one with that name.
func (s *Store) still(f *os.File, name string) bool {
	now, err := s.root.Lstat(name)
	mine, errMine := f.Stat()
	return err == nil && errMine == nil && os.SameFile(now, mine)
}

// file adds the entries of a file to a set, and returns the errors of its lines and the file, which is to be closed; nil
// where it is none.
func (s *Store) file(ctx context.Context, name, month string, q spend.Query, set *spend.Set) (f *os.File, bad []error, err error) {
	f, err = linefile.Open(s.root, name, os.O_RDONLY)
	if errors.Is(err, linefile.ErrNotAFile) {
		return nil, []error{&spend.LineError{Name: name, Err: err}}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if bad, err = s.lines(ctx, f, name, month, q, set); err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, bad, nil
}

// lines adds the entries of an open file to a set.
func (s *Store) lines(ctx context.Context, f *os.File, name, month string, q spend.Query, set *spend.Set) (bad []error, err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > s.most {
		return []error{&spend.LineError{Name: name, Err: fmt.Errorf("the file has %d bytes; at most %d are read", info.Size(), s.most)}}, nil
	}
	end, err := finished(f, info.Size())
	if err != nil {
		return nil, err
	}
	for e, err := range spend.Decode(name, io.NewSectionReader(f, 0, end)) {
		line := new(spend.LineError)
		switch {
		case context.Cause(ctx) != nil:
			return nil, context.Cause(ctx)
		case err == nil && e.Hour.Format(monthForm) != month:
			bad = keep(bad, &spend.LineError{Name: name, Err: errors.New("an entry of another month than the file's")})
		case err == nil && q.Wants(e):
			set.Add(e)
		case errors.As(err, &line):
			bad = keep(bad, err)
		case err != nil:
			return nil, err
		}
	}
	if end < info.Size() {
		bad = append(bad, &spend.LineError{Name: name, Err: fmt.Errorf("%d bytes at the end of the file were not finished: %w", info.Size()-end, spend.ErrTorn)})
	}
	return bad, nil
}

func keep(bad []error, err error) []error {
	if len(bad) > mostBad {
		return bad
	}
	return append(bad, err)
}

// finished returns where the last empty line of a file ends, looking back from its end.
func finished(f io.ReaderAt, size int64) (int64, error) {
	const step = 64 << 10
	for end := size; end > 0; {
		from := max(0, end-step)
		part := make([]byte, min(end-from+1, size-from)) // and a byte more, for an empty line on both sides
		if _, err := f.ReadAt(part, from); err != nil && err != io.EOF {
			return 0, err
		}
		if i := bytes.LastIndex(part, []byte("\n\n")); i >= 0 {
			return from + int64(i) + 2, nil
		}
		end = from
	}
	return 0, nil
}
