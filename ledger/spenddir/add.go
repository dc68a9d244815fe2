package spenddir

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/pertask/pertask/internal/linefile"
	"github.com/pertask/pertask/ledger/spend"
)

// index is what this process has seen of a file: which lines are in it, so that an entry that is added again is not
// written again.
type index struct {
	of    os.FileInfo // the file; another one with the name is read anew
	size  int64       // bytes that were read, up to an empty line
	lines map[[16]byte]bool
}

func sum(line []byte) [16]byte {
	whole := sha256.Sum256(line)
	return [16]byte(whole[:16])
}

// learn reads what is new in a file that is locked, and cuts off what was not finished.
func (s *Store) learn(f *os.File, name string) (*own, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > s.most {
		return nil, fmt.Errorf("%s has %d bytes; at most %d are read", name, info.Size(), s.most)
	}
	x := s.known[name]
	if x == nil || !os.SameFile(x.of, info) || info.Size() < x.size {
		x = &index{lines: map[[16]byte]bool{}}
	}
	x.of = info
	if err := x.read(io.NewSectionReader(f, x.size, info.Size()-x.size)); err != nil {
		return nil, err
	}
	if x.size < info.Size() {
		if err := f.Truncate(x.size); err != nil {
			return nil, err
		}
	}
	s.known[name] = x
	return &own{f, name, x.size, x}, nil
}

// read goes on reading.
func (x *index) read(r io.Reader) error {
	in := bufio.NewReaderSize(r, spend.MaxLine)
	var waiting [][16]byte
	at := x.size
	for {
		line, err := in.ReadSlice('\n')
		at += int64(len(line))
		switch {
		case err == io.EOF:
			return nil
		case err == bufio.ErrBufferFull: // a part of a line that is too long is no line to find again
		case err != nil:
			return err
		case len(line) == 1:
			for _, w := range waiting {
				x.lines[w] = true
			}
			waiting, x.size = waiting[:0], at
		default:
			waiting = append(waiting, sum(line))
		}
	}
}

// Add implements spend.Store. A process that is killed while it adds entries of several months may leave those of some
// months, each whole: adding them again is no mistake.
func (s *Store) Add(ctx context.Context, entries ...spend.Entry) error {
	byMonth := map[string][][]byte{}
	for _, e := range entries {
		line, err := spend.Encode(e)
		if err != nil {
			return fmt.Errorf("storing entries: %w", err)
		}
		m := e.Hour.Format(monthForm)
		byMonth[m] = append(byMonth[m], line)
	}
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("storing entries: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.add(ctx, byMonth); err != nil {
		return fmt.Errorf("storing entries in %q: %w", s.dir, err)
	}
	return nil
}

// add appends lines to the files of their months: to all, or to none.
func (s *Store) add(ctx context.Context, byMonth map[string][][]byte) (err error) {
	var taken []*own
	defer func() {
		for _, o := range taken {
			if err != nil { // nobody is to read what may not be on the disk
				err = errors.Join(err, o.Truncate(o.size))
				delete(s.known, o.name)
			}
			o.Close() // the lock goes with it
		}
	}()
	var order []string
	for m := range byMonth {
		order = append(order, m)
	}
	slices.Sort(order) // every process takes files in one order, so that none waits for another in a circle
	for _, m := range order {
		o, err := s.take(ctx, fileName(m, s.writer), true)
		if err != nil {
			return err
		}
		taken = append(taken, o)
	}
	for i, m := range order {
		if err := taken[i].append(byMonth[m], s.most); err != nil {
			return err
		}
	}
	// The names, too: also of a file that another process made and did not come to sync.
	return linefile.SyncFolder(s.dir)
}

// append writes the lines that are not there yet, and returns when all are on the disk.
func (o *own) append(lines [][]byte, most int64) error {
	var text []byte
	for _, line := range lines {
		if key := sum(line); !o.lines[key] {
			o.lines[key] = true
			text = append(text, line...)
		}
	}
	if len(text) > 0 {
		text = append(text, '\n')
		if size := o.size + int64(len(text)); size > most {
			return fmt.Errorf("%s would have %d bytes; at most %d are read back", o.name, size, most)
		}
		if _, err := o.WriteAt(text, o.size); err != nil {
			return err
		}
		o.index.size = o.size + int64(len(text))
	}
	return o.Sync() // also of what a process wrote that was killed before it synced
}
