// Package spendbranch keeps the ledger's entries on a branch of a repository that shares no history with the code: files
// of JSON lines, in a folder for each month.
//
// It knows how many writers add to the branch at once without losing an entry: each writes files of its own, in a commit
// on top of the one that it read, and tries again when the branch has moved on. It refuses to know what an entry must say,
// and which of two counts: package spend does. Everybody with write access to the repository can write to the branch, so
// that what is read is bounded and checked, and is numbers that are shown and decide nothing. Who can read the repository
// can read the branch.
package spendbranch

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/branch"
	"github.com/pertask/pertask/github/wire"
	"github.com/pertask/pertask/ledger/spend"
)

// DefaultBranch is the branch that entries are kept on unless another one is asked for.
const DefaultBranch = "pertask/ledger"

// Limits of what is read of a month. What is beyond them is told and left out, as a line that is no entry.
const (
	maxFiles = 5000
	maxMonth = 256 << 20 // bytes
	maxBad   = 1000      // lines that are told
)

// maxCommit bounds what one Add writes, in bytes.
const maxCommit = 16 << 20

// Files are what is needed of a repository: github.BranchFiles is that of GitHub. They try again by
// themselves what may be repeated.
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

// Store is a branch of entries. It implements spend.Store.
type Store struct {
	files  Files
	branch string
	sleep  func(context.Context, time.Duration) error
	writer string // of this store alone

	mu    sync.Mutex
	parts map[string]*part // by month: the file that this store adds to
}

var _ spend.Store = (*Store)(nil)

// part is a file that this store alone writes to.
type part struct {
	number int
	text   []byte
}

// New returns the store of a branch. It makes no request.
func New(files Files, o Options) *Store {
	b := make([]byte, 8)
	rand.Read(b) // never fails, says its documentation
	s := &Store{files: files, branch: o.Branch, sleep: o.Sleep, writer: hex.EncodeToString(b), parts: map[string]*part{}}
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

// The paths of files: the month of the entries' hours, the writer, and the number of the writer's file.
const monthForm = "2006-01"

var pathForm = regexp.MustCompile(`^entries/([0-9]{4}-[0-9]{2})/[a-z0-9]{1,32}\.[0-9]{1,6}\.jsonl$`)

func (s *Store) path(month string, number int) string {
	return fmt.Sprintf("entries/%s/%s.%d.jsonl", month, s.writer, number)
}

// monthOf returns the month of a path, "" when it is none of ours.
func monthOf(path string) string {
	if m := pathForm.FindStringSubmatch(path); m != nil {
		return m[1]
	}
	return ""
}

// Add implements spend.Store, with one commit for all entries.
func (s *Store) Add(ctx context.Context, entries ...spend.Entry) error {
	lines := map[string][][]byte{}
	size := 0
	for _, e := range entries {
		line, err := spend.Encode(e)
		if err != nil {
			return fmt.Errorf("storing entries: %w", err)
		}
		m := e.Hour.Format(monthForm)
		lines[m], size = append(lines[m], line), size+len(line)
	}
	if size > maxCommit {
		return fmt.Errorf("storing entries: they have %d bytes together; at most %d are added at once", size, maxCommit)
	}
	if len(entries) == 0 {
		return context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	files, parts := s.write(lines)
	// The files have the same content at each attempt, so that they are there once.
	err := branch.Change(ctx, s.files, s.branch, fmt.Sprintf("pertask: %d ledger entries", len(entries)), func(context.Context, string) (map[string][]byte, error) {
		return files, nil
	}, s.sleep)
	if err != nil {
		// Whether the files are there may not be known: what comes next has other names.
		for m := range parts {
			parts[m] = &part{number: parts[m].number + 1}
		}
	}
	for m, p := range parts {
		s.parts[m] = p
	}
	if err != nil {
		return fmt.Errorf("storing entries: %w", err)
	}
	return nil
}

// write returns the files that have the lines, and what is the last one of each month then.
func (s *Store) write(lines map[string][][]byte) (files map[string][]byte, parts map[string]*part) {
	files, parts = map[string][]byte{}, map[string]*part{}
	for m, list := range lines {
		p := &part{}
		if have := s.parts[m]; have != nil {
			p = &part{have.number, append([]byte{}, have.text...)}
		}
		for _, line := range list {
			if len(p.text)+len(line) > branch.MaxFile {
				p = &part{number: p.number + 1}
			}
			p.text = append(p.text, line...)
			files[s.path(m, p.number)] = p.text
		}
		parts[m] = p
	}
	return files, parts
}

// short is a text for an error.
func short(s string) string { return wire.Clip(strings.ToValidUTF8(s, "?"), 100) }
