package sandbox

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// knobs are the parts of /proc by which the machine as a whole is changed. Container runtimes close the same ones. The
// rest of a new /proc belongs to the processes in it, and /sys is read-only with the root tree.
var knobs = []string{"acpi", "asound", "bus", "driver", "dynamic_debug", "fs", "irq", "mtrr", "scsi", "sys", "sysrq-trigger"}

// closeKnobs makes the knobs read-only. Their own rights do not do it everywhere: in a user namespace that root has made
// a program is still the owner of root's files.
func closeKnobs() error {
	for _, name := range knobs {
		path := "/proc/" + name
		fd, err := unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
		if errors.Is(err, unix.ENOENT) {
			continue // not every kernel has all of them
		}
		if err == nil {
			err = unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
			if err == nil {
				err = attach(fd, path)
			}
			unix.Close(fd)
		}
		if err != nil {
			return fmt.Errorf("closing %s: %w", path, err)
		}
	}
	return nil
}

// bubbledKnobs returns what tells bubblewrap to close the knobs.
func bubbledKnobs() (args []string) {
	for _, name := range knobs {
		if path := "/proc/" + name; exists(path) {
			args = append(args, "--ro-bind", path, path)
		}
	}
	return args
}
