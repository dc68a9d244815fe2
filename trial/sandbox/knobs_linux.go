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
		if err := mountCopy(path, path, unix.MOUNT_ATTR_RDONLY); err != nil && !errors.Is(err, unix.ENOENT) { // not every kernel has all of them
			return fmt.Errorf("closing %s: %w", path, err)
		}
	}
	return nil
}
