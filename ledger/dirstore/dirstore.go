// Package dirstore keeps the ledger in a directory: a file of JSON lines for the trials of each base key, and one for each
// test.
//
// It knows the form of these files, how they outlive a process that is killed, and how to tell a file that somebody else
// wrote. It refuses to know what a trial or a test must say: package ledger does. It names no file after a key, follows
// no link, and reads no more than the limits allow, since a directory may come from a cache.
//
// Several processes on one machine may use a directory at once. Everything that a file says is appended, and is on the
// disk when the call returns; a process that is killed leaves at most the beginning of a line at the end, which counts for
// nothing and is cut off before the next line is written.
package dirstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/pertask/pertask/internal/linefile"
	"github.com/pertask/pertask/ledger"
)

// Errors about what a directory holds, wrapped with the file and the line. They are not about the disk.
var (
	// ErrBroken says that a file is not what this package wrote under that name: damaged, of another key or version, or
	// too large. It is no evidence; Discard removes it.
	ErrBroken = errors.New("the stored file is not usable")
	// ErrSeal says that a file is not sealed with the secret of the store, or sealed and the store has none. Such an error
	// wraps ErrBroken, too.
	ErrSeal = errors.New("the seal does not hold")
)

// Limits of files. A line is at most a trial with its calls, or a test with its report.
const (
	maxLine        = 16 << 20
	defaultMaxFile = 128 << 20
)

// Options are the choices of a store. The zero value is one without a seal, and with the usual limit.
type Options struct {
	// Secret seals the files, where others can write to the directory, such as a cache: who does not have it can remove a
	// file, or put an earlier state of it in its place, and cannot add or change a line. At least 16 bytes, or none.
	Secret []byte
	// About is what the directory belongs to, such as a repository: files that were sealed for another one do not count.
	About string
	// MaxFile bounds each file in bytes; 0 means 128 MiB.
	MaxFile int64
}

// Store is a ledger in a directory. It implements ledger.Store and ledger.Tests.
type Store struct {
	dir  string
	root *os.Root
	seal seal
	most int64
	turn chan struct{} // held by the one that writes, where the system has no locks
}

var (
	_ ledger.Store = (*Store)(nil)
	_ ledger.Tests = (*Store)(nil)
)

// Open opens a directory, or makes one that only the user may read.
func Open(dir string, o Options) (*Store, error) {
	s := &Store{dir: dir, most: o.MaxFile, turn: make(chan struct{}, 1)}
	if s.most <= 0 {
		s.most = defaultMaxFile
	}
	var err error
	if s.seal, err = newSeal(o.Secret, o.About); err != nil {
		return nil, fmt.Errorf("opening the ledger's directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the ledger's directory: %w", err)
	}
	if s.root, err = os.OpenRoot(dir); err != nil {
		return nil, fmt.Errorf("opening the ledger's directory: %w", err)
	}
	return s, nil
}

// Close closes the directory. The store cannot be used after it.
func (s *Store) Close() error { return s.root.Close() }

// Discard removes what is stored of a key, whatever it is: trials of a base, a test, or something that is not usable. It is
// for files that wrap ErrBroken; a finished test that is discarded can be decided again.
func (s *Store) Discard(ctx context.Context, key string) error {
	if err := ledger.CheckKey(key); err != nil {
		return fmt.Errorf("discarding what is stored: %w", err)
	}
	return s.alone(ctx, func() error {
		for _, kind := range []kind{baseTrials, tests} {
			if err := s.root.Remove(kind.file(key)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("discarding what is stored: %w", err)
			}
		}
		return linefile.SyncFolder(s.dir)
	})
}

// kind is what a file holds. The names are part of the stored form.
type kind string

const (
	baseTrials kind = "base-trials"
	tests      kind = "test"
)

// file is the name of the file of a key. It tells nothing of the key and has no letters that a file system could take
// for something else.
func (k kind) file(key string) string {
	sum := sha256.Sum256([]byte(key))
	return string(k) + "-" + hex.EncodeToString(sum[:]) + ".jsonl"
}

// lockFile is what the one that writes has locked.
const lockFile = "lock"

// alone does something while no other process that uses the directory writes.
func (s *Store) alone(ctx context.Context, do func() error) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	f, err := linefile.Open(s.root, lockFile, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return fmt.Errorf("locking the ledger's directory: %w", err)
	}
	defer f.Close()
	if err := linefile.Lock(ctx, f); err != nil {
		return fmt.Errorf("locking the ledger's directory: %w", err)
	}
	return do()
}
