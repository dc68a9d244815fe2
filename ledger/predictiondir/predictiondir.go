// Package predictiondir keeps predictions and their outcomes in a directory, which may be that of the ledger's entries: one
// file of JSON lines.
//
// It knows the form of the file and how it outlives a process that is killed. It refuses to know what a prediction must
// say and which of two counts: package prediction does. It follows no link.
//
// Lines are appended, by one process at a time. A line counts when its end is there. What a line says does not depend on
// the lines around it, so that a folder that is synced between machines may have the same line twice, or in another order;
// that an outcome may stand before its prediction is why all are read before any is answered.
package predictiondir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/pertask/pertask/internal/linefile"
	"github.com/pertask/pertask/ledger/prediction"
)

// Name is the file's name in the directory.
const Name = "predictions.jsonl"

// defaultMaxFile bounds the file: some twenty thousand predictions with two outcomes each.
const defaultMaxFile = 64 << 20

// Options are the choices of a store. The zero value is usable.
type Options struct {
	MaxFile int64 // bytes of the file, written and read; 0 means 64 MiB
}

// LineError is the error of a line that cannot be read, or says what cannot be so. The other lines count all the same.
type LineError struct {
	Line int // from 1
	Err  error
}

// Error says where and what.
func (e *LineError) Error() string { return fmt.Sprintf("%s:%d: %v", Name, e.Line, e.Err) }

// Unwrap returns what is wrong with the line.
func (e *LineError) Unwrap() error { return e.Err }

// Store is a directory of predictions. It implements prediction.Store.
type Store struct {
	dir  string
	root *os.Root
	most int64
}

var _ prediction.Store = (*Store)(nil)

// Open opens a directory, or makes one that only the user may read.
func Open(dir string, o Options) (*Store, error) {
	s := &Store{dir: dir, most: o.MaxFile}
	if s.most <= 0 {
		s.most = defaultMaxFile
	}
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		s.root, err = os.OpenRoot(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the directory of predictions: %w", err)
	}
	return s, nil
}

// Close closes the directory. The store cannot be used after it.
func (s *Store) Close() error { return s.root.Close() }

// Predict implements prediction.Store.
func (s *Store) Predict(ctx context.Context, p prediction.Prediction) error {
	text, err := prediction.EncodePrediction(p)
	if err != nil {
		return fmt.Errorf("storing a prediction: %w", err)
	}
	return s.append(ctx, text, func(shelf *prediction.Shelf) (bool, error) { return shelf.Predict(p) })
}

// Observe implements prediction.Store.
func (s *Store) Observe(ctx context.Context, o prediction.Outcome) error {
	text, err := prediction.EncodeOutcome(o)
	if err != nil {
		return fmt.Errorf("storing an outcome: %w", err)
	}
	return s.append(ctx, text, func(shelf *prediction.Shelf) (bool, error) { return shelf.Observe(o) })
}

// Records implements prediction.Store. The errors of lines are yielded first, as *LineError.
func (s *Store) Records(ctx context.Context, repository string) iter.Seq2[prediction.Record, error] {
	return func(yield func(prediction.Record, error) bool) {
		c, err := s.load(ctx)
		if err != nil {
			yield(prediction.Record{}, fmt.Errorf("reading predictions in %q: %w", s.dir, err))
			return
		}
		for _, bad := range c.bad {
			if !yield(prediction.Record{}, bad) {
				return
			}
		}
		for _, r := range c.shelf.Records(repository) {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// load reads the file, if there is one.
func (s *Store) load(ctx context.Context) (*contents, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	f, err := linefile.Open(s.root, Name, os.O_RDONLY)
	if errors.Is(err, os.ErrNotExist) {
		return &contents{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return s.read(ctx, f)
}

// append adds a line, unless what it says is there. No other process writes in between. The line is on the disk when it
// returns; when it fails, nothing was added.
func (s *Store) append(ctx context.Context, text []byte, add func(*prediction.Shelf) (bool, error)) error {
	wrap := func(err error) error {
		if err == nil {
			return nil
		}
		return fmt.Errorf("storing predictions in %q: %w", s.dir, err)
	}
	if err := context.Cause(ctx); err != nil {
		return wrap(err)
	}
	f, err := linefile.Open(s.root, Name, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return wrap(err)
	}
	defer f.Close() // the lock goes with it
	if err := linefile.Lock(ctx, f); err != nil {
		return wrap(err)
	}
	c, err := s.read(ctx, f)
	if err != nil {
		return wrap(err)
	}
	added, err := add(&c.shelf)
	if err != nil {
		return wrap(err)
	}
	if !added {
		return wrap(f.Sync()) // what a process wrote that was killed before it synced
	}
	return wrap(s.write(f, c.whole, append(text, '\n')))
}

// write writes after the last whole line: what follows it is the beginning of one whose writer was killed.
func (s *Store) write(f *os.File, at int64, text []byte) error {
	if size := at + int64(len(text)); size > s.most {
		return fmt.Errorf("%s would have %d bytes; at most %d are read back", Name, size, s.most)
	}
	if err := f.Truncate(at); err != nil {
		return err
	}
	_, err := f.WriteAt(text, at)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = linefile.SyncFolder(s.dir) // the name, too
	}
	if err != nil {
		return errors.Join(err, f.Truncate(at)) // nobody is to read what may not be on the disk
	}
	return nil
}

// contents is what a file says.
type contents struct {
	shelf prediction.Shelf
	whole int64 // bytes up to the end of the last whole line
	bad   []error
}

// read reads an open file.
func (s *Store) read(ctx context.Context, f *os.File) (*contents, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > s.most {
		return nil, fmt.Errorf("%s has %d bytes; at most %d are read", Name, info.Size(), s.most)
	}
	// The size is taken once: what is appended meanwhile is not read in halves.
	return parse(ctx, io.NewSectionReader(f, 0, info.Size()))
}
