//go:build unix

package folder_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pertask/pertask/trial/folder"
)

const nobody = 65534

// TestWithoutRights runs the other tests as a user to whom a closed folder is closed. To root none is.
func TestWithoutRights(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("the other tests are without rights already")
	}
	dir, err := os.MkdirTemp("/var/tmp", "folder-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(self)
	if err == nil {
		err = os.WriteFile(dir+"/folder.test", text, 0o755)
	}
	if err == nil {
		err = os.Chmod(dir, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(dir+"/folder.test", "-test.v")
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + dir, "GOCOVERDIR=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestClosed") {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}

// closed makes a folder in which an agent has taken rights from a folder, and from the workspace itself.
func closed(t *testing.T, mode fs.FileMode, top bool) (root *os.Root, dir string) {
	t.Helper()
	root, dir = open(t)
	for _, name := range []string{"in/deep/file", "in/other", "beside"} {
		if err := folder.Write(root, name, []byte(strings.Repeat("x", 5000)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	names := []string{filepath.Join(dir, "in/deep"), filepath.Join(dir, "in")}
	if top {
		names = append(names, dir)
	}
	for _, name := range names {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for i := range names {
			_ = os.Chmod(names[len(names)-1-i], 0o700) // they may be gone
		}
	})
	return root, dir
}

func mode(t *testing.T, name string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

// What an agent has closed is counted, copied with its rights, read, given away and removed all the same.
func TestClosed(t *testing.T) {
	for _, m := range []fs.FileMode{0, 0o100, 0o200, 0o400, 0o500, 0o600, 0o300} {
		for _, top := range []bool{false, true} {
			t.Run(fmt.Sprintf("%03o, top %t", m, top), func(t *testing.T) {
				root, dir := closed(t, m, top)
				if !top {
					if got, want := folder.Size(t.Context(), root, ".", 1<<30), int64(3*4096+3*5000); got != want {
						t.Errorf("%d bytes, want %d", got, want)
					}
					if got := mode(t, filepath.Join(dir, "in")); got != m {
						t.Errorf("counting left the rights %o, want %o", got, m)
					}
				}
				to, copied := open(t)
				if err := folder.Replicate(t.Context(), root, to); err != nil {
					t.Fatal(err)
				}
				if got := mode(t, filepath.Join(copied, "in")); got != m {
					t.Errorf("the copy has the rights %o, want %o", got, m)
				}
				if err := folder.Own(t.Context(), to, -1, -1, 100); err != nil {
					t.Error("making the copy one of its own:", err)
				}
				if got := folder.Size(t.Context(), to, ".", 1<<30); got != 3*4096+3*5000 {
					t.Errorf("the copy has %d bytes", got)
				}
				if err := folder.Empty(to); err != nil {
					t.Error("emptying the copy:", err)
				}
				if top {
					again(t, root, dir, m)
				}
				above, err := os.OpenRoot(filepath.Dir(dir))
				if err != nil {
					t.Fatal(err)
				}
				defer above.Close()
				if err := folder.Remove(above, filepath.Base(dir)); err != nil {
					t.Error("removing:", err)
				}
			})
		}
	}
}

// again closes a workspace anew, and does to it what graders need.
func again(t *testing.T, root *os.Root, dir string, m fs.FileMode) {
	t.Helper()
	for _, tt := range []struct {
		what string
		do   func() error
	}{
		{"reading", func() error { _, err := folder.Read(root, "beside", 3); return err }},
		{"copying", func() error {
			return folder.Copier{Source: source, Root: root}.Copy(context.Background(), "app", "new")
		}},
		{"removing", func() error { return folder.Remove(root, "new/bin") }},
		{"emptying", func() error { return folder.Empty(root) }},
	} {
		if err := os.Chmod(dir, m&0o400); err != nil { // from inside it cannot be opened again
			t.Fatal(err)
		}
		if err := tt.do(); err != nil {
			t.Errorf("%s in a closed workspace: %v", tt.what, err)
		}
		if got := mode(t, dir); got != 0o700 && os.Getuid() != 0 { // root needs no right
			t.Errorf("%s left the workspace with %o", tt.what, got)
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := list(t, dir); len(got) > 0 {
		t.Errorf("emptied, the workspace holds %v", got)
	}
}

// A workspace that is held open through the folder above it, as trials hold theirs, is found again when it was closed.
func TestClosedBelowARoot(t *testing.T) {
	above, dir := open(t)
	if err := folder.Write(above, "trial/work/file", []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	root, err := above.OpenRoot("trial/work")
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := os.Chmod(dir+"/trial/work", 0); err != nil {
		t.Fatal(err)
	}
	if got, err := folder.Read(root, "file", 10); err != nil || string(got) != "text" {
		t.Errorf("read %q, %v", got, err)
	}
}

// A closed folder that something else has taken the place of stays as it is.
func TestClosedAndMoved(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/work", 0o700); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir + "/work")
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	victim := t.TempDir()
	for _, err := range []error{os.Chmod(victim, 0o755), os.Rename(dir+"/work", dir+"/moved"), os.Symlink(victim, dir+"/work"), os.Chmod(dir+"/moved", 0)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = folder.Read(root, "x", 1)
	if err == nil {
		t.Error("something was read")
	}
	if got := mode(t, victim); got != 0o755 {
		t.Errorf("the folder in its place has the rights %o now", got)
	}
}

func TestSize(t *testing.T) {
	root, dir := open(t)
	for i := range 10 {
		if err := folder.Write(root, fmt.Sprintf("d/%d", i), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/usr", dir+"/d/usr"); err != nil {
		t.Fatal(err)
	}
	if got, want := folder.Size(t.Context(), root, ".", 1<<30), int64(13*4096); got != want {
		t.Errorf("%d bytes, want a block for each file, folder and link: %d", got, want)
	}
	if got := folder.Size(t.Context(), root, ".", 3*4096); got != 4*4096 {
		t.Errorf("%d bytes, want no more to be counted than exceeds the limit", got)
	}
	if got := folder.Size(t.Context(), root, "none", 1<<30); got != 0 {
		t.Errorf("nothing has %d bytes", got)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if got := folder.Size(canceled, root, ".", 1<<30); got != 0 {
		t.Errorf("%d bytes after the end of the context", got)
	}
}

// nested makes folders in one another, as only a program can that opens each from within the one above it.
func nested(t *testing.T, dir string, depth int) {
	t.Helper()
	at, err := unix.Open(dir, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	for range depth {
		if err == nil {
			err = unix.Mkdirat(at, "d", 0o755)
		}
		above := at
		if err == nil {
			at, err = unix.Openat(above, "d", unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		}
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(above)
	}
	unix.Close(at)
}

// Folders that are nested deeper than any program needs are not gone through, and can be removed.
func TestDeep(t *testing.T) {
	root, dir := open(t)
	to, _ := open(t)
	nested(t, dir, 300)
	if got, want := folder.Size(t.Context(), root, ".", 1<<30), int64(301*4096); got != want {
		t.Errorf("%d bytes, want %d", got, want)
	}
	if err := folder.Replicate(t.Context(), root, to); err != nil {
		t.Error(err)
	}
	if err := folder.Own(t.Context(), root, -1, -1, 1000); err != nil {
		t.Error(err)
	}
	if err := folder.Own(t.Context(), root, -1, -1, 100); !errors.Is(err, folder.ErrExcess) {
		t.Errorf("more entries than may be: %v", err)
	}
	if err := folder.Empty(root); err != nil {
		t.Fatal(err)
	}
	if err := folder.Empty(to); err != nil {
		t.Fatal(err)
	}
	nested(t, dir, 4000)
	if got := folder.Size(t.Context(), root, ".", 1<<30); got <= 1<<30 {
		t.Errorf("%d bytes, want more than the limit", got)
	}
	if err := folder.Replicate(t.Context(), root, to); !errors.Is(err, folder.ErrExcess) {
		t.Errorf("copied: %v", err)
	}
	if err := folder.Own(t.Context(), root, -1, -1, 1<<20); !errors.Is(err, folder.ErrExcess) {
		t.Errorf("owned: %v", err)
	}
	if err := folder.Remove(root, "d"); err != nil {
		t.Error(err)
	}
}

// What has other names outside is copied, with its time and its rights, and then given away; the outside stays as it is.
func TestOwn(t *testing.T) {
	root, dir := open(t)
	outside := t.TempDir()
	then := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, err := range []error{
		os.WriteFile(outside+"/file", []byte("text"), 0o750), os.Chmod(outside+"/file", 0o750), os.Chtimes(outside+"/file", then, then), os.Link(outside+"/file", dir+"/hard"),
		os.Symlink("target", outside+"/link"), os.Link(outside+"/link", dir+"/softhard"), unix.Mkfifo(outside+"/pipe", 0o600), os.Link(outside+"/pipe", dir+"/pipe"),
		folder.Write(root, "deep/own", []byte("own"), 0o644), os.Link(dir+"/deep/own", dir+"/deep/twice"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	uid := os.Getuid()
	if uid == 0 {
		uid = nobody
	}
	if err := folder.Own(t.Context(), root, uid, os.Getgid(), 100); err != nil {
		t.Fatal(err)
	}
	for name, wantLinks := range map[string]uint64{"hard": 1, "softhard": 1, "deep/own": 1, "deep/twice": 1, "pipe": 2} {
		s := stat(t, filepath.Join(dir, name))
		if uint64(s.Nlink) != wantLinks {
			t.Errorf("%s has %d names, want %d", name, s.Nlink, wantLinks)
		}
		if given := int(s.Uid) == uid; given != (name != "pipe" || uid == os.Getuid()) {
			t.Errorf("%s belongs to %d", name, s.Uid)
		}
	}
	for _, name := range []string{"file", "link", "pipe"} {
		if s := stat(t, filepath.Join(outside, name)); int(s.Uid) != os.Getuid() {
			t.Errorf("%s outside was given to %d", name, s.Uid)
		}
	}
	info, err := os.Stat(dir + "/hard")
	if err != nil || info.Mode() != 0o750 || !info.ModTime().Equal(then) {
		t.Errorf("the copy is %v, %v", info, err)
	}
	if err := os.WriteFile(dir+"/hard", []byte("changed"), 0o600); err != nil && os.Getuid() == uid {
		t.Error(err)
	}
	if text, err := os.ReadFile(outside + "/file"); string(text) != "text" || err != nil {
		t.Errorf("outside there is %q, %v", text, err)
	}
	if target, err := os.Readlink(dir + "/softhard"); target != "target" || err != nil {
		t.Errorf("the link leads to %q, %v", target, err)
	}
	if left, err := filepath.Glob(dir + "/.pertask-*"); len(left) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := folder.Own(t.Context(), root, -1, -1, 3); err == nil {
		t.Error("a limit of three entries holds no more than that")
	}
}

func stat(t *testing.T, name string) unix.Stat_t {
	t.Helper()
	var s unix.Stat_t
	if err := unix.Lstat(name, &s); err != nil {
		t.Fatal(err)
	}
	return s
}
