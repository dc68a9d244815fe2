package spenddir

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/linefile"
	"github.com/pertask/pertask/ledger/spend"
)

// Compacted counts what Compact did.
type Compacted struct {
	Files, Removed int   // files that were put together, and those of them that are gone
	Before, After  int64 // bytes of the files
}

// Compact rewrites files with the entries that count, and leaves out the earlier revisions of each. It touches only files
// of this store's writer, so that writers on other machines are not in its way; with all, it puts the files of all writers
// together in one for each month, and that is only for a folder that no other machine writes to. Processes of this machine
// may read and add meanwhile. A file with lines that are no entries is left as it is.
func (s *Store) Compact(ctx context.Context, all bool) (Compacted, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var c Compacted
	quiet, err := s.quiet(ctx)
	if err != nil {
		return c, fmt.Errorf("compacting entries in %q: %w", s.dir, err)
	}
	defer quiet.Close()
	files, err := s.files()
	if err == nil {
		for _, m := range months(files) {
			names := slices.DeleteFunc(files[m], func(n string) bool { return n != fileName(m, s.writer) && !all })
			if err = s.compactMonth(ctx, m, names, &c); err != nil {
				break
			}
		}
	}
	if err == nil {
		err = linefile.SyncFolder(s.dir)
	}
	if err != nil {
		return c, fmt.Errorf("compacting entries in %q: %w", s.dir, err)
	}
	return c, nil
}

// compactMonth puts files together in the one of this writer.
func (s *Store) compactMonth(ctx context.Context, month string, names []string, c *Compacted) (err error) {
	mine := fileName(month, s.writer)
	if !slices.Contains(names, mine) && len(names) > 0 {
		names = append(names, mine)
	}
	slices.Sort(names) // in the order of everybody, so that none waits for another in a circle
	var set spend.Set
	var taken []*own
	defer func() {
		for _, o := range taken {
			o.Close()
		}
	}()
	for _, name := range names {
		o, err := s.take(ctx, name, name == mine)
		if err != nil {
			return err
		}
		if o == nil {
			continue
		}
		taken = append(taken, o)
		bad, err := s.lines(ctx, o.File, name, month, spend.Query{}, &set)
		if err != nil {
			return err
		}
		if len(bad) > 0 {
			return nil // nobody said what they are, so they stay
		}
	}
	return s.replace(mine, taken, &set, c)
}

// replace writes the file anew and removes the others, all of which are locked.
func (s *Store) replace(mine string, taken []*own, set *spend.Set, c *Compacted) error {
	var text []byte
	var before int64
	for _, e := range set.Sorted() {
		line, err := spend.Encode(e)
		if err != nil {
			return err
		}
		text = append(text, line...)
	}
	for _, o := range taken {
		before += o.size
	}
	if len(text) > 0 {
		text = append(text, '\n')
	}
	if len(taken) <= 1 && int64(len(text)) >= before {
		return nil // there is nothing to gain
	}
	if int64(len(text)) > s.most {
		return fmt.Errorf("%s would have %d bytes; at most %d are read back", mine, len(text), s.most)
	}
	if err := s.write(mine, text); err != nil {
		return err
	}
	for _, o := range taken {
		delete(s.known, o.name)
		c.Files++
		if o.name != mine {
			if err := s.root.Remove(o.name); err != nil {
				return err
			}
			c.Removed++
		}
	}
	c.Before, c.After = c.Before+before, c.After+int64(len(text))
	return nil
}

// write puts a file in the place of another one in one step, and returns when it is on the disk, with its name.
func (s *Store) write(name string, text []byte) error {
	next := strings.TrimSuffix(name, suffix) + ".next"
	if err := s.root.Remove(next); err != nil && !os.IsNotExist(err) {
		return err
	}
	f, err := linefile.Open(s.root, next, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = s.root.Rename(next, name)
	}
	if err != nil {
		return err
	}
	return linefile.SyncFolder(s.dir)
}
