// Package branch keeps lines in files on a branch of its own, which shares no history with the code.
//
// It knows how to add a line while others do the same: a commit on top of the one that was read, a move of the
// branch that must be a fast forward, and another try when it is not. It refuses to know what the lines say.
package branch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pertask/pertask/github/wire"
)

// MaxFile is the largest file that a line is added to, in bytes, the line included.
const MaxFile = 1 << 20

// Git is what is needed of a repository. An error of Commit or Move for which wire.Unclear holds leaves open
// whether it was done.
type Git interface {
	// Ref returns the commit that a branch points at, "" when there is no such branch.
	Ref(ctx context.Context, branch string) (commit string, err error)
	// Read returns a file of a commit, nil when it is not there.
	Read(ctx context.Context, commit, path string) ([]byte, error)
	// Commit makes a commit that differs from its parent in one file. Without a parent, "", it has that file
	// only and begins a history.
	Commit(ctx context.Context, parent, path string, data []byte, message string) (commit string, err error)
	// Move points a branch at a commit, and makes the branch when from is "". It fails when the branch is no
	// longer at from, or an ancestor of to.
	Move(ctx context.Context, branch, from, to string) error
}

// Read returns a file on a branch and the commit that it was read at, "" when there is no such branch. The
// file is nil when it is not there.
func Read(ctx context.Context, g Git, branch, path string) (data []byte, version string, err error) {
	if err := check(branch, path); err != nil {
		return nil, "", err
	}
	version, err = g.Ref(ctx, branch)
	if err != nil || version == "" {
		return nil, "", err
	}
	data, err = g.Read(ctx, version, path)
	return data, version, err
}

// attempts bounds how often the branch may have moved on under an Append.
const attempts = 10

// Line is a line that is added.
type Line struct {
	Branch  string
	Path    string
	Text    string // without a line break
	Message string // of the commit
}

// Append adds a line at the end of a file. Branch and file are made when they are not there. A line that the
// file has already is not added again, so that an Append whose outcome is not known can be repeated: what
// makes two lines different, such as a time, belongs into them.
func Append(ctx context.Context, g Git, l Line, sleep func(context.Context, time.Duration) error) error {
	if err := check(l.Branch, l.Path); err != nil {
		return err
	}
	if l.Text == "" || strings.ContainsAny(l.Text, "\r\n") || !utf8.ValidString(l.Text) || strings.TrimSpace(l.Message) == "" {
		return errors.New("a line of UTF-8 without breaks and the message of a commit are needed")
	}
	var last error
	for attempt := range attempts {
		if attempt > 0 {
			if err := sleep(ctx, wire.Backoff(attempt-1)); err != nil {
				return errors.Join(last, err)
			}
		}
		done, err := once(ctx, g, l, last)
		if done || ctx.Err() != nil {
			return err
		}
		last = err
	}
	return fmt.Errorf("others keep moving the branch %q: %w", l.Branch, last)
}

// once makes one attempt. It is done when there is no reason for another. Before is the error of the attempt
// before, nil for the first.
func once(ctx context.Context, g Git, l Line, before error) (done bool, err error) {
	data, at, err := Read(ctx, g, l.Branch, l.Path)
	if err != nil {
		return true, errors.Join(before, err)
	}
	if !utf8.Valid(data) { // GitHub's interface takes text, and would change the rest of the file
		return true, fmt.Errorf("%s is not UTF-8", l.Path)
	}
	next, there := added(data, l.Text)
	if there {
		return true, nil
	}
	if len(next) > MaxFile {
		return true, fmt.Errorf("%s would have %d bytes, %d are allowed: %w", l.Path, len(next), MaxFile, wire.ErrTooLong)
	}
	commit, err := g.Commit(ctx, at, l.Path, next, l.Message)
	if err == nil {
		err = g.Move(ctx, l.Branch, at, commit)
	}
	if err == nil {
		return true, nil
	}
	if wire.Unclear(err) {
		return false, err
	}
	// A refusal is worth another try when the branch has moved, and final when it has not.
	now, refErr := g.Ref(ctx, l.Branch)
	if refErr != nil {
		return true, errors.Join(err, refErr)
	}
	return now == at, err
}

// added returns data with a line more, and whether the line is there already.
func added(data []byte, line string) (out []byte, there bool) {
	for have := range bytes.Lines(data) {
		if string(bytes.TrimRight(have, "\r\n")) == line {
			return nil, true
		}
	}
	out = append(out, data...)
	if len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	return append(append(out, line...), '\n'), false
}

// check refuses what git would, or what would be another address.
func check(branch, path string) error {
	bad := branch == "" || len(branch) > 200 || strings.ContainsAny(branch, " ~^:?*[\\\x7f") || strings.Contains(branch, "..") ||
		strings.Contains(branch, "@{") || strings.HasPrefix(branch, "-") || strings.HasPrefix(branch, "refs/")
	for part := range strings.SplitSeq(branch, "/") {
		bad = bad || part == "" || part[0] == '.' || strings.HasSuffix(part, ".") || strings.HasSuffix(part, ".lock")
	}
	for _, r := range branch {
		bad = bad || r < ' '
	}
	if bad {
		return fmt.Errorf("%q is not the name of a branch", wire.Clip(branch, 80))
	}
	if !fs.ValidPath(path) || path == "." {
		return fmt.Errorf("path %q must be slash-separated from the root of the branch", wire.Clip(path, 200))
	}
	return nil
}
