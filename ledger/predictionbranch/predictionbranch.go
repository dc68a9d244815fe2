// Package predictionbranch keeps predictions and their outcomes on a branch of a repository that shares no history with the code,
// which may be that of the ledger's entries: a file of JSON lines for each month.
//
// It knows how several writers add to a file without losing a line: each in a commit on top of the one that it read, and again when
// the branch has moved on. It refuses to know what a prediction must say and which of two counts: package prediction does. Everybody
// with write access to the repository can write to the branch, so that what is read is bounded and checked, and decides nothing.
// Who can read the repository can read the branch.
package predictionbranch

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
	"unicode/utf8"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/branch"
	"github.com/pertask/pertask/ledger/prediction"
)

// DefaultBranch is the branch that predictions are kept on unless another one is asked for.
const DefaultBranch = "pertask/ledger"

// Files are what is needed of a repository: github.BranchFiles is that of GitHub. They try again by themselves what may be repeated.
type Files interface {
	branch.Changer
	// List returns the files of a commit, in the order of their paths.
	List(ctx context.Context, commit string) ([]github.BranchFile, error)
	// Read hands the contents of files of a commit to a function, in any order.
	Read(ctx context.Context, commit string, files []github.BranchFile, each func(github.BranchFile, []byte) error) error
}

// Options are the choices of a store. The zero value is usable.
type Options struct {
	Branch string // DefaultBranch when empty
	// Sleep waits before a further try, and returns early with the context's error; nil is real time.
	Sleep func(context.Context, time.Duration) error
}

// Store is a branch of predictions. It implements prediction.Store.
type Store struct {
	files  Files
	branch string
	sleep  func(context.Context, time.Duration) error
}

var _ prediction.Store = (*Store)(nil)

// New returns the store of a branch. It makes no request.
func New(files Files, o Options) *Store {
	s := &Store{files: files, branch: o.Branch, sleep: o.Sleep}
	if s.branch == "" {
		s.branch = DefaultBranch
	}
	if s.sleep == nil {
		s.sleep = sleep
	}
	return s
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// Predict implements prediction.Store, with one commit, or none where the prediction is there.
func (s *Store) Predict(ctx context.Context, p prediction.Prediction) error {
	text, err := prediction.EncodePrediction(p)
	if err == nil {
		err = s.add(ctx, text, path(p.Merged), fmt.Sprintf("pertask: what pull request %d predicts", p.Pull), func(shelf *prediction.Shelf) (bool, error) { return shelf.Predict(p) })
	}
	if err != nil {
		return fmt.Errorf("storing a prediction: %w", err)
	}
	return nil
}

// Observe implements prediction.Store, with one commit, or none where the outcome is there.
func (s *Store) Observe(ctx context.Context, o prediction.Outcome) error {
	text, err := prediction.EncodeOutcome(o)
	if err == nil {
		err = s.add(ctx, text, path(o.AsOf), fmt.Sprintf("pertask: what came of pull request %d", o.Pull), func(shelf *prediction.Shelf) (bool, error) { return shelf.Observe(o) })
	}
	if err != nil {
		return fmt.Errorf("storing an outcome: %w", err)
	}
	return nil
}

// add adds a line at the end of a file, unless what it says is there. Whether it may be is asked of the commit that it is put on top
// of, and so of nothing that another writer has changed since.
func (s *Store) add(ctx context.Context, text []byte, path, message string, put func(*prediction.Shelf) (bool, error)) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return branch.Change(ctx, s.files, s.branch, message, func(ctx context.Context, at string) (map[string][]byte, error) {
		c, err := s.read(ctx, at)
		if err != nil {
			return nil, err
		}
		if added, err := put(&c.shelf); err != nil || !added {
			return nil, err
		}
		return c.with(path, text)
	}, s.sleep)
}

// errFull is a file to which nothing can be added.
var errFull = fmt.Errorf("the file would have more than %d bytes, which are not read back", branch.MaxFile)

// with returns the change that adds a line at the end of a file. What others have put there stays as it is.
func (c *contents) with(path string, line []byte) (map[string][]byte, error) {
	if c.unread[path] {
		return nil, fmt.Errorf("%s: %w", path, errFull)
	}
	have := c.files[path]
	if !utf8.Valid(have) { // GitHub's interface takes text, and would change the rest of the file
		return nil, fmt.Errorf("%s is not UTF-8, and nothing is added to it", path)
	}
	next := make([]byte, 0, len(have)+len(line)+2)
	next = append(next, have...)
	if len(next) > 0 && next[len(next)-1] != '\n' {
		next = append(next, '\n')
	}
	next = append(append(next, line...), '\n')
	if len(next) > branch.MaxFile {
		return nil, fmt.Errorf("%s: %w", path, errFull)
	}
	return map[string][]byte{path: next}, nil
}

// Records implements prediction.Store. It reads one commit. The errors of lines are yielded first, as *LineError.
func (s *Store) Records(ctx context.Context, repository string) iter.Seq2[prediction.Record, error] {
	return func(yield func(prediction.Record, error) bool) {
		at, err := "", context.Cause(ctx)
		if err == nil {
			at, err = s.files.Ref(ctx, s.branch)
		}
		var c *contents
		if err == nil {
			c, err = s.read(ctx, at)
		}
		if err != nil {
			yield(prediction.Record{}, fmt.Errorf("reading predictions of the branch %q: %w", s.branch, err))
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

// LineError is the error of a line that cannot be read, or says what cannot be so, or of a whole file. The other lines count all the
// same.
type LineError struct {
	Path string
	Line int // from 1; 0 for the whole file
	Err  error
}

// Error says where and what.
func (e *LineError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.Path, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.Path, e.Line, e.Err)
}

// Unwrap returns what is wrong with the line.
func (e *LineError) Unwrap() error { return e.Err }

var errMore = errors.New("this line and maybe others cannot be read, too")
