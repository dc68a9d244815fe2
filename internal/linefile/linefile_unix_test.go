//go:build unix

package linefile_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pertask/pertask/internal/linefile"
)

func TestOpenRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	for _, path := range []string{outside, filepath.Join(dir, "inside")} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{"out": outside, "in": "inside", "nowhere": filepath.Join(dir, "new")} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	root := open(t, dir)
	for _, name := range []string{"out", "in", "nowhere", "pipe"} {
		for _, flag := range []int{os.O_RDONLY, os.O_RDWR | os.O_CREATE} {
			f, err := linefile.Open(root, name, flag)
			if err == nil {
				f.Close()
			}
			if !errors.Is(err, linefile.ErrNotAFile) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: error %v, want one that it is no regular file", name, err)
			}
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "new")); err == nil {
		t.Error("a file was made where a link led")
	}
}

// Files that others put in the place of one another are opened, whichever it is.
func TestOpenWhileReplaced(t *testing.T) {
	dir := t.TempDir()
	root := open(t, dir)
	stop := make(chan struct{})
	done := make(chan error)
	replace := func() error {
		if err := os.WriteFile(filepath.Join(dir, "next"), []byte("x"), 0o600); err != nil {
			return err
		}
		return os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "file"))
	}
	if err := replace(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
				if err := replace(); err != nil {
					done <- err
					return
				}
			}
		}
	}()
	for range 300 {
		f, err := linefile.Open(root, "file", os.O_RDONLY)
		if err != nil {
			t.Error(err)
			break
		}
		f.Close()
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestLock(t *testing.T) {
	root := open(t, t.TempDir())
	take := func() *os.File {
		f, err := linefile.Open(root, "lock", os.O_RDWR|os.O_CREATE)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	one, two := take(), take()
	if err := linefile.Lock(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	if err := linefile.TryLock(two); !errors.Is(err, linefile.ErrLocked) {
		t.Errorf("error %v, want ErrLocked", err)
	}
	given := errors.New("given up")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(given)
	if err := linefile.Lock(ctx, two); !errors.Is(err, given) {
		t.Errorf("error %v, want the context's", err)
	}
	got := make(chan error)
	go func() { got <- linefile.Lock(t.Context(), two) }()
	one.Close()
	if err := <-got; err != nil {
		t.Errorf("after the first has gone: %v", err)
	}
	if err := linefile.SyncFolder(root.Name()); err != nil {
		t.Error(err)
	}
	if err := linefile.SyncFolder(filepath.Join(root.Name(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want ErrNotExist", err)
	}
}
