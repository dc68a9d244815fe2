package sandbox_test

import (
	"os"
	"strings"
	"testing"
)

// What changes the machine as a whole cannot be opened for writing, and lies on mounts that cannot be written either,
// whoever the program is.
func TestWayKnobs(t *testing.T) {
	eachWay(t, func(t *testing.T, l *lab) {
		// Opened to append, and nothing appended: on a machine where this is wrong it changes nothing.
		const script = `for f in /proc/sys/kernel/* /proc/sys/vm/* /proc/sys/net/core/* /proc/sysrq-trigger /proc/irq/default_smp_affinity /proc/mtrr \
				/sys/power/state /sys/kernel/mm/*/enabled /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do
				[ -f $f ] && (: >> $f) 2>/dev/null && echo "$f is open"
			done; cat /proc/self/mountinfo`
		got, err := l.run(t, script, nil)
		if err != nil || got.Status != 0 {
			t.Fatal(got, err)
		}
		closed := map[string]bool{}
		for line := range strings.Lines(string(got.Output)) {
			f := strings.Fields(line)
			switch {
			case strings.HasSuffix(line, "is open\n"):
				t.Error(strings.TrimSpace(line))
			case len(f) > 5:
				closed[f[4]] = f[5] == "ro" || strings.HasPrefix(f[5], "ro,")
			}
		}
		for _, path := range []string{"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/mtrr", "/sys", "/"} {
			if _, err := os.Lstat(path); err == nil && !closed[path] {
				t.Errorf("%s can be written as far as its mount goes", path)
			}
		}
	})
}
