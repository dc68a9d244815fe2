package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/pertask/pertask/trial/sandbox/view"
)

// mountAll makes what the program sees, in a mount namespace of its own. The program cannot take any of it back: it has
// no rights here, and in a user namespace that it makes itself the kernel holds mounts together.
func (x spec) mountAll() error {
	defer unix.Umask(unix.Umask(0))
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keeping mounts apart: %w", err)
	}
	trees, err := x.copies()
	if err != nil {
		return err
	}
	if err := restrict("/", unix.AT_RECURSIVE, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID); err != nil {
		return fmt.Errorf("making the root tree read-only: %w", err)
	}
	if err := mountDevices(trees); err != nil {
		return fmt.Errorf("mounting /dev: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w", err)
	}
	if err := closeKnobs(); err != nil {
		return err
	}
	hidden := map[string]bool{}
	for _, m := range x.Mounts {
		if err := x.put(m, trees); err != nil {
			return fmt.Errorf("mounting %q: %w", m.Path, err)
		}
		hidden[m.Path] = m.Kind == view.Hide
	}
	for path, closed := range hidden {
		if info, err := os.Lstat(path); !closed || err != nil || !info.IsDir() {
			continue
		}
		if err := restrict(path, 0, unix.MOUNT_ATTR_RDONLY); err != nil && !errors.Is(err, unix.EINVAL) { // no mount: it was not there to be hidden
			return fmt.Errorf("closing %q: %w", path, err)
		}
	}
	return nil
}

// restrict adds attributes to the mount at a path. Set alone, they leave the others as they are.
func restrict(path string, flags uint, attributes uint64) error {
	return unix.MountSetattr(unix.AT_FDCWD, path, flags, &unix.MountAttr{Attr_set: attributes})
}

// devices are the files in /dev that programs need.
var devices = []string{"null", "zero", "full", "random", "urandom", "tty"}

// copies takes copies of the mounts of everything that is to be seen again after it was hidden, as file descriptors by
// path. What programs may only read and what cannot be had is left out.
func (x spec) copies() (map[string]int, error) {
	trees := map[string]int{}
	for _, m := range x.Mounts {
		if m.Kind == view.Hide || m.Kind == view.Scratch || m.Kind == view.Link || m.Kind == view.Seal {
			continue
		}
		fd, err := unix.OpenTree(unix.AT_FDCWD, m.From, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
		if err == nil {
			attributes := uint64(unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV)
			if m.Kind != view.Write {
				attributes |= unix.MOUNT_ATTR_RDONLY
			}
			err = unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &unix.MountAttr{Attr_set: attributes})
		}
		if err != nil && m.Kind == view.Write {
			return nil, fmt.Errorf("copying the mount of %q: %w", m.From, err)
		}
		if err == nil {
			trees[m.From+"\x00"+m.Path] = fd
		}
	}
	for _, name := range devices {
		fd, err := unix.OpenTree(unix.AT_FDCWD, "/dev/"+name, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
		if err != nil {
			return nil, fmt.Errorf("copying the mount of /dev/%s: %w", name, err)
		}
		trees["/dev/"+name] = fd
	}
	return trees, nil
}

// put mounts one thing.
func (x spec) put(m view.Mount, trees map[string]int) error {
	fd, copied := trees[m.From+"\x00"+m.Path]
	switch m.Kind {
	case view.Hide, view.Scratch:
		info, err := os.Lstat(m.Path)
		if err != nil || !info.IsDir() {
			return nil // it lies in what is hidden already
		}
		if m.Kind == view.Scratch {
			return mountMemory(m.Path, "1777", scratchSize)
		}
		return mountMemory(m.Path, "0755", "16m")
	case view.Link:
		if exists(m.Path) {
			return nil // in something that is shown
		}
		if err := os.MkdirAll(filepath.Dir(m.Path), 0o755); err != nil {
			return err
		}
		return os.Symlink(m.From, m.Path)
	case view.Seal:
		if info, err := os.Lstat(m.Path); err != nil || info.IsDir() {
			return nil // it is gone
		}
		return mountCopy("/dev/null", m.Path, unix.MOUNT_ATTR_RDONLY)
	}
	if !copied {
		return nil
	}
	if err := place(m.Path, m.From, fd); err != nil {
		return err
	}
	if m.Kind == view.Cache { // what is in it would not be written to
		return mountMemory(m.Path, "1777", scratchSize)
	}
	return attach(fd, m.Path)
}

// mountCopy mounts what is seen at one path at another, with more attributes.
func mountCopy(from, to string, attributes uint64) error {
	fd, err := unix.OpenTree(unix.AT_FDCWD, from, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Attr_set: attributes}); err != nil {
		return err
	}
	return attach(fd, to)
}

// scratchSize bounds what a program writes to each of /tmp, /var/tmp and /dev/shm. It is memory of the machine.
const scratchSize = "512m"

func mountMemory(path, mode, size string) error {
	return unix.Mount("tmpfs", path, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode="+mode+",size="+size+",nr_inodes=200k")
}

// place makes an empty file or folder to mount something on, where there is none.
func place(path, from string, fd int) error {
	var s unix.Stat_t
	if err := unix.Fstat(fd, &s); err != nil {
		return fmt.Errorf("looking at %q: %w", from, err)
	}
	if s.Mode&unix.S_IFMT == unix.S_IFDIR {
		return os.MkdirAll(path, 0o755)
	}
	if exists(path) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, nil, 0o444)
}

func attach(fd int, path string) error {
	return unix.MoveMount(fd, "", unix.AT_FDCWD, path, unix.MOVE_MOUNT_F_EMPTY_PATH)
}

// mountDevices makes a /dev with what programs need, without disks and terminals.
func mountDevices(trees map[string]int) error {
	if err := unix.Mount("tmpfs", "/dev", "tmpfs", unix.MS_NOSUID|unix.MS_NOEXEC, "mode=0755,size=1m,nr_inodes=1k"); err != nil {
		return err
	}
	for _, name := range devices {
		path := "/dev/" + name
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			return err
		}
		if err := attach(trees[path], path); err != nil {
			return err
		}
	}
	for path, target := range map[string]string{
		"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2", "ptmx": "pts/ptmx",
	} {
		if err := os.Symlink(target, "/dev/"+path); err != nil {
			return err
		}
	}
	for _, dir := range []string{"/dev/pts", "/dev/shm"} {
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	if err := unix.Mount("devpts", "/dev/pts", "devpts", unix.MS_NOSUID|unix.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620"); err != nil {
		return err
	}
	if err := mountMemory("/dev/shm", "1777", scratchSize); err != nil {
		return err
	}
	return restrict("/dev", 0, unix.MOUNT_ATTR_RDONLY)
}
