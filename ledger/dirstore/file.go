package dirstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pertask/pertask/internal/linefile"
	"github.com/pertask/pertask/ledger"
)

// tail is where a file goes on.
type tail struct {
	whole int64  // bytes up to the end of the last whole line
	code  []byte // of the seal of that line
}

// read hands the records of a key to a function, in their order and without the first. A key without a file has none.
func (s *Store) read(ctx context.Context, of kind, key string, each func(record) error) error {
	if err := errors.Join(ledger.CheckKey(key), context.Cause(ctx)); err != nil {
		return fmt.Errorf("reading stored %s: %w", of, err)
	}
	f, err := s.open(of, key, os.O_RDONLY)
	if f == nil || err != nil {
		return err
	}
	defer f.Close()
	_, err = s.scan(ctx, f, of, key, each)
	return err
}

// open opens the file of a key. One that is not there and not to be made is nil.
func (s *Store) open(of kind, key string, flag int) (*os.File, error) {
	f, err := linefile.Open(s.root, of.file(key), flag)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case errors.Is(err, linefile.ErrNotAFile):
		return nil, fmt.Errorf("reading stored %s in %q: %w: %w", of, s.dir, ErrBroken, err)
	case err != nil:
		return nil, fmt.Errorf("reading stored %s in %q: %w", of, s.dir, err)
	}
	return f, nil
}

// update reads the records of a key and appends what more returns, with no other writer in between. What is there and
// what is appended is on the disk when it returns; when it fails, nothing was appended.
func (s *Store) update(ctx context.Context, of kind, key string, each func(record) error, more func() ([]record, error)) error {
	return s.alone(ctx, func() error {
		f, err := s.open(of, key, os.O_RDWR)
		if err != nil {
			return err
		}
		var end tail
		if f != nil {
			defer f.Close()
			if end, err = s.scan(ctx, f, of, key, each); err != nil {
				return err
			}
		}
		records, err := more()
		if err != nil {
			return err
		}
		if len(records) == 0 {
			return settle(f)
		}
		if f == nil {
			if f, err = s.open(of, key, os.O_RDWR|os.O_CREATE); err != nil {
				return err
			}
			defer f.Close()
		}
		return s.append(f, end, of, key, records)
	})
}

// settle puts on the disk what is in a file, which a process that was killed may have written and not synced.
func settle(f *os.File) error {
	if f == nil {
		return nil
	}
	return f.Sync()
}

// scan reads a file.
func (s *Store) scan(ctx context.Context, f *os.File, of kind, key string, each func(record) error) (tail, error) {
	path := filepath.Join(s.dir, filepath.Base(f.Name()))
	info, err := f.Stat()
	if err != nil {
		return tail{}, fmt.Errorf("reading %q: %w", path, err)
	}
	if info.Size() > s.most {
		return tail{}, fmt.Errorf("%s: %w: it has %d bytes; at most %d are read", path, ErrBroken, info.Size(), s.most)
	}
	// The size is taken once: what is appended meanwhile is not read in halves.
	return s.scanLines(ctx, io.NewSectionReader(f, 0, info.Size()), path, of, key, each)
}

// scanLines reads what is in a file. Its errors about that have the place and wrap ErrBroken.
func (s *Store) scanLines(ctx context.Context, r io.Reader, path string, of kind, key string, each func(record) error) (tail, error) {
	in := linefile.NewReader(r, maxLine)
	var end tail
	for number := 1; ; number++ {
		if err := context.Cause(ctx); err != nil {
			return tail{}, err
		}
		line, ended, err := in.Next()
		if err == nil && !ended {
			return end, nil // a line counts when its end is there: before that nobody was told that it does
		}
		if err == nil {
			end, err = s.take(end, line, of, key, each)
		}
		if err != nil {
			return tail{}, fmt.Errorf("%s:%d: %w: %w", path, number, ErrBroken, err)
		}
	}
}

// take reads one whole line that follows others.
func (s *Store) take(end tail, line []byte, of kind, key string, each func(record) error) (tail, error) {
	next := tail{whole: end.whole + int64(len(line)) + 1}
	plain, code, err := s.seal.open(end.code, line)
	if err != nil {
		return tail{}, err
	}
	next.code = code
	r, err := parse(plain, of)
	if err != nil {
		return tail{}, err
	}
	first := end.whole == 0
	switch {
	case first != (r.Opened != nil):
		return tail{}, errors.New("the first line of a stored file says what it is, and no other line")
	case first && (r.Opened.Key != key || r.Opened.Kind != of):
		return tail{}, fmt.Errorf("the file is of %.20q and the key %.80q, and not of %q and %.80q", r.Opened.Kind, r.Opened.Key, of, key)
	case first:
		return next, nil
	}
	return next, each(r)
}

// append writes records after the last whole line, and returns when they are on the disk.
func (s *Store) append(f *os.File, end tail, of kind, key string, records []record) error {
	if end.whole == 0 {
		records = append([]record{{Opened: &opened{schema, of, key}}}, records...)
	}
	text, err := s.lines(end, records)
	if err != nil {
		return err
	}
	// What follows the last whole line is the beginning of one whose writer was killed.
	if err := f.Truncate(end.whole); err != nil {
		return err
	}
	_, err = f.WriteAt(text, end.whole)
	if err == nil {
		err = f.Sync()
	}
	if err == nil && end.whole == 0 {
		err = linefile.SyncFolder(s.dir) // the file's name, too
	}
	if err != nil {
		// Nobody is to read what may not be on the disk.
		return errors.Join(err, f.Truncate(end.whole))
	}
	return nil
}

// lines returns records as they are written after others.
func (s *Store) lines(end tail, records []record) ([]byte, error) {
	var text []byte
	for _, r := range records {
		line, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		line, end.code = s.seal.close(end.code, line)
		if len(line) > maxLine {
			return nil, fmt.Errorf("a line of %d bytes; at most %d are read back", len(line), maxLine)
		}
		text = append(append(text, line...), '\n')
	}
	if size := end.whole + int64(len(text)); size > s.most {
		return nil, fmt.Errorf("the file would have %d bytes; at most %d are read back", size, s.most)
	}
	return text, nil
}
