package spendbranch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/branch"
	"github.com/pertask/pertask/ledger/spend"
)

// Entries implements spend.Store. It reads one commit, and holds the entries of one month at a time.
func (s *Store) Entries(ctx context.Context, q spend.Query) iter.Seq2[spend.Entry, error] {
	return func(yield func(spend.Entry, error) bool) {
		at, months, err := s.list(ctx)
		if err != nil {
			yield(spend.Entry{}, fmt.Errorf("reading entries of the branch %q: %w", s.branch, err))
			return
		}
		for _, m := range slices.Sorted(maps.Keys(months)) {
			if !q.From.IsZero() && m < q.From.UTC().Format(monthForm) || !q.To.IsZero() && m > q.To.UTC().Format(monthForm) {
				continue
			}
			set, bad, err := s.month(ctx, at, m, months[m], q)
			if err != nil {
				yield(spend.Entry{}, fmt.Errorf("reading entries of the branch %q: %w", s.branch, err))
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

// list returns the commit that the branch is at, "" where there is no branch, and its files by month.
func (s *Store) list(ctx context.Context) (at string, months map[string][]github.BranchFile, err error) {
	months = map[string][]github.BranchFile{}
	at, err = s.files.Ref(ctx, s.branch)
	if err != nil || at == "" {
		return at, months, err
	}
	files, err := s.files.List(ctx, at)
	for _, f := range files {
		if m := monthOf(f.Path); m != "" {
			months[m] = append(months[m], f)
		}
	}
	return at, months, err
}

// bad holds the errors of lines and files, up to a number: one more says that there are others.
type bad []error

func (b *bad) add(err error) {
	if len(*b) <= maxBad {
		*b = append(*b, err)
	}
}

// month reads a month's files, within the limits.
func (s *Store) month(ctx context.Context, at, month string, files []github.BranchFile, q spend.Query) (*spend.Set, bad, error) {
	var set spend.Set
	var wrong bad
	wanted := within(files, &wrong)
	err := s.files.Read(ctx, at, wanted, func(f github.BranchFile, data []byte) error {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		return take(&set, &wrong, month, f.Path, data, q)
	})
	return &set, wrong, err
}

// within returns the files that are read, and tells the others.
func within(files []github.BranchFile, wrong *bad) (wanted []github.BranchFile) {
	var size int64
	for i, f := range files {
		if size += f.Size; len(wanted) >= maxFiles || size > maxMonth {
			wrong.add(&spend.LineError{Name: f.Path, Err: fmt.Errorf("%d files of the month, from this one on, are more than are read", len(files)-i)})
			break
		}
		if f.Size > branch.MaxFile {
			wrong.add(&spend.LineError{Name: f.Path, Err: fmt.Errorf("the file has %d bytes; at most %d are read", f.Size, branch.MaxFile)})
			size -= f.Size
			continue
		}
		wanted = append(wanted, f)
	}
	return wanted
}

// take puts the entries of a file into a set.
func take(set *spend.Set, wrong *bad, month, path string, data []byte, q spend.Query) error {
	for e, err := range spend.Decode(path, bytes.NewReader(data)) {
		line := new(spend.LineError)
		switch {
		case err == nil && e.Hour.Format(monthForm) != month:
			wrong.add(&spend.LineError{Name: path, Err: errors.New("an entry of another month than the file's")})
		case err == nil && q.Wants(e):
			set.Add(e)
		case errors.As(err, &line):
			wrong.add(err)
		case err != nil:
			return err
		}
	}
	return nil
}
