package sandbox

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/pertask/pertask/trial/sandbox/view"
)

// bubbleSocket is where the inner part finds the proxy in bubblewrap, below the hidden /run.
const bubbleSocket = "/run/pertask.sock"

// bubble returns bubblewrap with the inner part in it.
func (x spec) bubble(file string) (*exec.Cmd, error) {
	program, err := exec.LookPath("bwrap")
	if err != nil {
		return nil, fmt.Errorf("looking for bubblewrap: %w", err)
	}
	args := []string{
		"--as-pid-1", "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--die-with-parent", "--cap-drop", "ALL",
		"--uid", strconv.Itoa(x.UID), "--gid", strconv.Itoa(x.GID), "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev",
	}
	for _, name := range knobs {
		if path := "/proc/" + name; exists(path) {
			args = append(args, "--ro-bind", path, path)
		}
	}
	closed := []string{"--remount-ro", "/dev"}
	for _, m := range x.Mounts {
		if (m.Kind == view.Hide || m.Kind == view.Seal) && !exists(m.Path) {
			continue
		}
		switch m.Kind {
		case view.Hide:
			args = append(args, "--perms", "0755", "--size", strconv.Itoa(16<<20), "--tmpfs", m.Path)
			closed = append(closed, "--remount-ro", m.Path)
		case view.Scratch, view.Cache:
			args = append(args, "--perms", "1777", "--size", strconv.Itoa(512<<20), "--tmpfs", m.Path)
		case view.Read, view.Store:
			args = append(args, "--ro-bind-try", m.From, m.Path)
		case view.Link:
			args = append(args, "--symlink", m.From, m.Path)
		case view.Seal:
			args = append(args, "--dev-bind", "/dev/null", m.Path)
		case view.Write:
			args = append(args, "--bind", m.From, m.Path)
		}
	}
	if x.Proxy != "" {
		args = append(args, "--ro-bind", x.Socket, bubbleSocket)
	}
	args = slices.Concat(args, closed, []string{"--chdir", "/", "--", shownSelf, Command, "inner", fmt.Sprint("/proc/self/fd/", specFD)})
	described, err := os.Open(file) // its own folder is hidden, and programs have no use for it
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program, args...)
	cmd.ExtraFiles = []*os.File{described}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: unix.SIGKILL}
	return cmd, nil
}
