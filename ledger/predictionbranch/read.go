package predictionbranch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/branch"
	"github.com/pertask/pertask/ledger/prediction"
)

// Limits of what is read. What is beyond them is told and left out.
const (
	maxFiles = 240      // twenty years
	maxBytes = 32 << 20 // of all files
	maxBad   = 100      // lines that are told
)

// The path of a file: the month of the merges of its predictions and of the times of its outcomes. Stored files depend on it.
const monthForm = "2006-01"

var pathForm = regexp.MustCompile(`^predictions/([0-9]{4}-(?:0[1-9]|1[0-2]))\.jsonl$`)

func path(at time.Time) string { return "predictions/" + at.UTC().Format(monthForm) + ".jsonl" }

// contents is what the branch says at a commit.
type contents struct {
	shelf  prediction.Shelf
	files  map[string][]byte
	unread map[string]bool // files that are there and were not read
	bad    []error
}

// found is an outcome and where it stands.
type found struct {
	path    string
	line    int
	outcome prediction.Outcome
}

// read reads the branch at a commit, "" for a branch that is not there.
func (s *Store) read(ctx context.Context, at string) (*contents, error) {
	c := &contents{files: map[string][]byte{}, unread: map[string]bool{}}
	if at == "" {
		return c, nil
	}
	list, err := s.files.List(ctx, at)
	if err != nil {
		return nil, err
	}
	wanted := c.within(list)
	err = s.files.Read(ctx, at, wanted, func(f github.BranchFile, data []byte) error {
		c.files[f.Path] = data
		return context.Cause(ctx)
	})
	if err != nil {
		return nil, err
	}
	c.fold(wanted)
	return c, nil
}

// within returns the files that are read, the newest first where there are too many, and tells the others.
func (c *contents) within(list []github.BranchFile) (wanted []github.BranchFile) {
	var size int64
	for _, f := range slices.Backward(list) {
		if !pathForm.MatchString(f.Path) {
			continue
		}
		switch {
		case f.Size > branch.MaxFile:
			c.leave(f, fmt.Errorf("the file has %d bytes; at most %d are read", f.Size, branch.MaxFile))
		case len(wanted) >= maxFiles || size+f.Size > maxBytes:
			c.leave(f, fmt.Errorf("more than %d files or %d bytes are not read", maxFiles, maxBytes))
		default:
			wanted, size = append(wanted, f), size+f.Size
		}
	}
	slices.Reverse(wanted)
	return wanted
}

func (c *contents) leave(f github.BranchFile, err error) {
	c.unread[f.Path] = true
	c.wrong(f.Path, 0, err)
}

// fold puts what the files say on the shelf: first all predictions, in the order of the files, then the outcomes in the order of
// their times.
func (c *contents) fold(files []github.BranchFile) {
	var outcomes []found
	for _, f := range files {
		number := 0
		for text := range bytes.Lines(c.files[f.Path]) {
			number++
			o, err := c.take(f.Path, text)
			switch {
			case err != nil:
				c.wrong(f.Path, number, err)
			case o != nil:
				outcomes = append(outcomes, found{f.Path, number, *o})
			}
		}
	}
	slices.SortStableFunc(outcomes, func(a, b found) int { return a.outcome.AsOf.Compare(b.outcome.AsOf) })
	for _, o := range outcomes {
		if _, err := c.shelf.Observe(o.outcome); err != nil {
			c.wrong(o.path, o.line, err)
		}
	}
}

// errMonth keeps somebody who can write to the branch from being read before others by the name of a file.
var errMonth = errors.New("it is of another month than the file")

// take puts the prediction of a line on the shelf, and returns its outcome for when all predictions are known.
func (c *contents) take(file string, text []byte) (*prediction.Outcome, error) {
	p, o, err := prediction.Decode(bytes.TrimSuffix(text, []byte("\n")))
	switch {
	case err != nil:
		return nil, err
	case o != nil && path(o.AsOf) != file, p != nil && path(p.Merged) != file:
		return nil, errMonth
	case p != nil:
		_, err = c.shelf.Predict(*p)
	}
	return o, err
}

func (c *contents) wrong(path string, line int, err error) {
	switch n := len(c.bad); {
	case n < maxBad:
		c.bad = append(c.bad, &LineError{strings.ToValidUTF8(path, "?"), line, err})
	case n == maxBad:
		c.bad = append(c.bad, &LineError{path, line, errMore})
	}
}
