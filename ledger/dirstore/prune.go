package dirstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/internal/linefile"
	"github.com/pertask/pertask/ledger"
)

// Pruned counts what became of records when old ones were removed.
type Pruned struct {
	Kept, Removed int // trials, or tests
	// Broken counts files that could not be used: those older than the limit were removed, and the others were not.
	Broken int
}

// PruneBaseTrials removes the trials that began before a time, of every key, and files that hold none any more. Trials
// that were dropped stay dropped until they are that old.
func (s *Store) PruneBaseTrials(ctx context.Context, before time.Time) (Pruned, error) {
	return s.prune(ctx, baseTrials, before, func(key string, p *Pruned) error {
		var shelf ledger.Shelf
		var gone []dropped
		add := fold(&shelf)
		err := s.read(ctx, baseTrials, key, func(r record) error {
			if r.Dropped != nil {
				gone = append(gone, *r.Dropped)
			}
			return add(r)
		})
		if err != nil {
			return err
		}
		records := young(gone, before)
		for _, t := range shelf.Trials() {
			if t.Time.Before(before) {
				p.Removed++
				continue
			}
			p.Kept++
			records = append(records, record{Trial: &t})
		}
		return s.rewrite(baseTrials, key, records)
	})
}

// young returns the records of the trials that were dropped and are not as old.
func young(gone []dropped, before time.Time) []record {
	var out []record
	for _, d := range gone {
		d.Trials = slices.DeleteFunc(d.Trials, func(t ledger.Dropped) bool { return t.Time.Before(before) })
		if len(d.Trials) > 0 {
			out = append(out, record{Dropped: &d})
		}
	}
	return out
}

// PruneTests removes the tests that were last saved before a time. A test that is removed can be begun again, so the time
// should be far back.
func (s *Store) PruneTests(ctx context.Context, before time.Time) (Pruned, error) {
	return s.prune(ctx, tests, before, func(key string, p *Pruned) error {
		t, _, err := s.Test(ctx, key)
		if err != nil {
			return err
		}
		if !t.Time.Before(before) {
			p.Kept++
			return nil
		}
		p.Removed++
		return s.rewrite(tests, key, nil)
	})
}

// prune goes through the files of a kind, with no other writer. A file that is broken keeps none of the others from being
// pruned.
func (s *Store) prune(ctx context.Context, of kind, before time.Time, file func(key string, p *Pruned) error) (Pruned, error) {
	var p Pruned
	err := s.alone(ctx, func() error {
		entries, err := fs.ReadDir(s.root.FS(), ".")
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), string(of)+"-") {
				continue
			}
			key, err := s.keyOf(e.Name(), of)
			if err == nil {
				err = file(key, &p)
			}
			if errors.Is(err, ErrBroken) {
				p.Broken++
				err = s.removeOld(e, before)
			}
			if err != nil {
				return err
			}
		}
		return linefile.SyncFolder(s.dir)
	})
	if err != nil {
		return p, fmt.Errorf("removing old %s: %w", of, err)
	}
	return p, nil
}

// keyOf reads the key of a file from its first line, and checks that it is the one that the file is named after. What the
// line says counts for nothing else.
func (s *Store) keyOf(name string, of kind) (string, error) {
	f, err := linefile.Open(s.root, name, os.O_RDONLY)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrBroken, err)
	}
	defer f.Close()
	line, _, err := linefile.NewReader(f, maxLine).Next()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %w", name, ErrBroken, err)
	}
	r, err := parse(line, of)
	if err != nil || r.Opened == nil || of.file(r.Opened.Key) != name {
		return "", fmt.Errorf("%s: %w: its first line is of another file", name, ErrBroken)
	}
	return r.Opened.Key, nil
}

// removeOld removes a file that cannot be used, once it is old.
func (s *Store) removeOld(e fs.DirEntry, before time.Time) error {
	info, err := e.Info()
	if err != nil || !info.ModTime().Before(before) {
		return err
	}
	return s.root.Remove(e.Name())
}

// rewrite replaces the file of a key in one step, or removes it when there is nothing left.
func (s *Store) rewrite(of kind, key string, records []record) error {
	name := of.file(key)
	if len(records) == 0 {
		return s.root.Remove(name)
	}
	next := "next-" + name
	f, err := linefile.Open(s.root, next, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := s.append(f, tail{}, of, key, records); err != nil {
		return err
	}
	return s.root.Rename(next, name)
}
