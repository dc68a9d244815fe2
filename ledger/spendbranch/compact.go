package spendbranch

import (
	"context"
	"fmt"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/branch"
	"github.com/pertask/pertask/ledger/spend"
)

// Compacted counts what Compact did.
type Compacted struct {
	Before, After int // small files of the month
}

// Compact puts the small files of a month, "2026-11", together in as few as they need, with the entries that count, in
// one commit: then the month takes fewer requests to read. Others may add meanwhile. Where a line is no entry, all stay as
// they are.
func (s *Store) Compact(ctx context.Context, month string) (Compacted, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var c Compacted
	err := branch.Change(ctx, s.files, s.branch, "pertask: ledger entries of "+short(month)+", put together", func(ctx context.Context, at string) (files map[string][]byte, err error) {
		c, files, err = s.together(ctx, at, month)
		return files, err
	}, s.sleep)
	if err != nil {
		return Compacted{}, fmt.Errorf("compacting the entries of %q: %w", short(month), err)
	}
	delete(s.parts, month) // what is added next does not repeat what is together now
	return c, nil
}

// together returns the change that puts a month's files together, none where there is nothing to gain.
func (s *Store) together(ctx context.Context, at, month string) (Compacted, map[string][]byte, error) {
	if at == "" {
		return Compacted{}, nil, nil
	}
	all, err := s.files.List(ctx, at)
	if err != nil {
		return Compacted{}, nil, err
	}
	of := small(all, month)
	set, wrong, err := s.month(ctx, at, month, of, spend.Query{})
	if err != nil || len(wrong) > 0 {
		return Compacted{len(of), len(of)}, nil, err
	}
	lines := map[string][][]byte{}
	for _, e := range set.Sorted() {
		line, err := spend.Encode(e)
		if err != nil {
			return Compacted{}, nil, err
		}
		lines[month] = append(lines[month], line)
	}
	next := New(s.files, Options{Branch: s.branch}) // a writer of its own: no file is written twice
	files, _ := next.write(lines)
	if len(files) >= len(of) {
		return Compacted{len(of), len(of)}, nil, nil
	}
	c := Compacted{len(of), len(files)}
	for _, f := range of {
		files[f.Path] = nil
	}
	return c, files, nil
}

// small returns the files of a month that are worth putting together, as many as one commit has.
func small(all []github.BranchFile, month string) (of []github.BranchFile) {
	var size int64
	for _, f := range all {
		if monthOf(f.Path) == month && f.Size <= branch.MaxFile/2 && size+f.Size <= maxCommit {
			of, size = append(of, f), size+f.Size
		}
	}
	return of
}
