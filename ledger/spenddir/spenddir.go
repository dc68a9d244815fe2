// Package spenddir keeps the ledger's entries in a directory: files of JSON lines, one for each month and writer.
//
// It knows the form of these files, how they outlive a process that is killed, and how writers on several machines share
// a folder that is synced between them: each writes only files of its own, so that no file is ever changed in two places.
// It refuses to know what an entry must say, and which of two counts: package spend does. It follows no link.
//
// A file is appended to. An empty line ends what one Add has written: what comes after the last empty line was not
// finished, counts for nothing, and is cut off before the writer goes on.
package spenddir

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pertask/pertask/internal/linefile"
	"github.com/pertask/pertask/ledger/spend"
)

// defaultMaxFile bounds a file: a million entries.
const defaultMaxFile = 1 << 30

// Options are the choices of a store. The zero value is usable.
type Options struct {
	// Writer names this machine: 8 to 32 lower-case letters and digits that no other machine has that writes to the
	// folder, such as NewWriter once made. Processes of one machine share it. Empty, the store makes one up for itself, and
	// so leaves files of its own behind: see Compact.
	Writer string
	// MaxFile bounds each file in bytes, written and read; 0 means 1 GiB.
	MaxFile int64
}

// Store is a directory of entries. It implements spend.Store.
type Store struct {
	dir    string
	root   *os.Root
	writer string
	most   int64

	mu    sync.Mutex
	known map[string]*index // by name: what this process knows to be in a file of its writer
}

var _ spend.Store = (*Store)(nil)

var writerForm = regexp.MustCompile(`^[a-z0-9]{8,32}$`)

// NewWriter returns a random name for this machine, to be kept outside of the folder.
func NewWriter() string {
	b := make([]byte, 8)
	rand.Read(b) // never fails, says its documentation
	return hex.EncodeToString(b)
}

// Open opens a directory, or makes one that only the user may read.
func Open(dir string, o Options) (*Store, error) {
	s := &Store{dir: dir, writer: o.Writer, most: o.MaxFile, known: map[string]*index{}}
	if s.most <= 0 {
		s.most = defaultMaxFile
	}
	if s.writer == "" {
		s.writer = NewWriter()
	}
	if !writerForm.MatchString(s.writer) {
		return nil, fmt.Errorf("opening the ledger's directory: writer %.40q; allowed are 8 to 32 lower-case letters and digits", s.writer)
	}
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		s.root, err = os.OpenRoot(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the ledger's directory: %w", err)
	}
	return s, nil
}

// Close closes the directory. The store cannot be used after it.
func (s *Store) Close() error { return s.root.Close() }

// The names of files: the month of the entries' hours, the writer, and ".jsonl". A program that syncs folders may have put
// a copy with more in its name beside it, which is read as well.
const (
	monthForm = "2006-01"
	suffix    = ".jsonl"
)

func fileName(month, writer string) string { return month + "." + writer + suffix }

// monthOf returns the month of a file by its name, "" when it is none of ours.
func monthOf(name string) string {
	month, rest, _ := strings.Cut(name, ".")
	if t, err := time.Parse(monthForm, month); err != nil || t.Format(monthForm) != month || !strings.HasSuffix(rest, suffix[1:]) {
		return ""
	}
	return month
}

// files returns the names of the files by month.
func (s *Store) files() (map[string][]string, error) {
	entries, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for _, e := range entries {
		if m := monthOf(e.Name()); m != "" {
			out[m] = append(out[m], e.Name())
		}
	}
	return out, nil
}

// own is a file of this writer that no other process of this machine has.
type own struct {
	*os.File
	name string
	size int64 // up to the last empty line
	*index
}

// take opens a file of this writer, waits until no other process has it, cuts off what was not finished, and knows what
// is in it. It makes the file where create is set, and returns nil where there is none otherwise.
func (s *Store) take(ctx context.Context, name string, create bool) (*own, error) {
	flag := os.O_RDWR
	if create {
		flag |= os.O_CREATE
	}
	for {
		f, err := linefile.Open(s.root, name, flag)
		if errors.Is(err, os.ErrNotExist) && !create {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		there, err := s.lock(ctx, f, name)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if !there {
			f.Close() // it was put together with others while this one waited
			continue
		}
		o, err := s.learn(f, name)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return o, nil
	}
}

// lock waits for a file, and reports whether it still is the one with that name.
func (s *Store) lock(ctx context.Context, f *os.File, name string) (there bool, err error) {
	if err := linefile.Lock(ctx, f); err != nil {
		return false, err
	}
	return s.still(f, name), nil
}

// months returns the months in their order.
func months(files map[string][]string) []string {
	var out []string
	for m := range files {
		out = append(out, m)
	}
	slices.Sort(out)
	return out
}
