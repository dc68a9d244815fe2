package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/pertask/pertask/trial/process"
)

// inner is the part inside, the first process of its namespace or of bubblewrap's. It makes the view, starts the
// forwarder and the program, and reports. When it ends, so does everything inside.
func inner(x spec) int {
	unix.CloseOnExec(reportFile)
	unix.CloseOnExec(controlFile)
	if x.Way == byBwrap {
		unix.CloseOnExec(specFD)
	}
	report := json.NewEncoder(os.NewFile(reportFile, "report"))
	ignored := make(chan os.Signal, 1)
	signal.Notify(ignored) // every signal, lest a program end this process and all others; and not signal.Ignore, which programs inherit
	pid, err := x.begin()
	if err == nil || notStartable(err) != 0 {
		// From here on whatever happens is the program's doing. Should this process be killed, then so was that.
		if err := report.Encode(status{Started: true, Exit: -1}); err != nil {
			return statusBroken
		}
	}
	var s status
	switch code := notStartable(err); {
	case code != 0:
		s = status{Started: true, Exit: code}
	case err != nil:
		s = status{Problem: err.Error()}
	default:
		go obey()
		s = await(pid)
	}
	if err := report.Encode(s); err != nil {
		return statusBroken
	}
	return s.Exit
}

// errStart is wrapped by errors of starting the program, once the sandbox stands.
var errStart = errors.New("starting the program")

// notStartable returns a shell's exit status for a program that cannot be started; 0 when the sandbox is to blame.
func notStartable(err error) int {
	switch {
	case !errors.Is(err, errStart):
		return 0
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		return statusNotFound
	}
	return statusNotExecutable
}

// begin makes the sandbox and starts the program in it.
func (x spec) begin() (pid int, err error) {
	relay, err := x.relay()
	if err != nil {
		return 0, err
	}
	if x.Way != byBwrap {
		if err := x.mountAll(); err != nil {
			return 0, err
		}
		if err := loopbackUp(); err != nil {
			return 0, fmt.Errorf("bringing loopback up: %w", err)
		}
	}
	if err := relay.listen(x.Proxy); err != nil {
		return 0, fmt.Errorf("forwarding to the proxy: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil { // the program may have the same user
		return 0, fmt.Errorf("hiding this process from the program: %w", err)
	}
	if x.Way == asRoot {
		// Programs open these again, as /dev/stdin and /dev/stdout.
		for _, f := range []*os.File{os.Stdin, os.Stdout, os.Stderr} {
			if info, err := f.Stat(); err == nil && (info.Mode().IsRegular() || info.Mode()&fs.ModeNamedPipe != 0) {
				_ = f.Chown(x.UID, x.GID) // without it they work all the same, save for that
			}
		}
	}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread has lost its rights
		var err error
		pid, err = x.start()
		started <- err
		select {}
	}()
	return pid, <-started
}

// start starts the program from a thread that gives up, before, every way to more rights.
func (x spec) start() (pid int, err error) {
	if err := dropRights(x.Way != byBwrap); err != nil {
		return 0, fmt.Errorf("dropping rights: %w", err)
	}
	limits := map[int]uint64{unix.RLIMIT_CORE: 0}
	if x.FileSize > 0 {
		limits[unix.RLIMIT_FSIZE] = uint64(x.FileSize)
	}
	for which, most := range limits {
		if err := unix.Setrlimit(which, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			return 0, fmt.Errorf("setting limits: %w", err)
		}
	}
	if err := os.Chdir(x.Dir); err != nil {
		return 0, fmt.Errorf("entering the program's folder: %w", err)
	}
	os.Clearenv()
	for _, entry := range x.Env {
		if value, ok := cutPath(entry); ok {
			os.Setenv("PATH", value)
		}
	}
	file, err := exec.LookPath(x.Argv[0])
	if err != nil && !errors.Is(err, exec.ErrDot) {
		return 0, fmt.Errorf("%w: %w", errStart, err)
	}
	attr := &syscall.SysProcAttr{Setsid: true}
	if x.Way == asRoot || x.Way == bySudo {
		attr.Credential = &syscall.Credential{Uid: uint32(x.UID), Gid: uint32(x.GID)} // and no other groups
	}
	pid, err = syscall.ForkExec(file, x.Argv, &syscall.ProcAttr{Dir: x.Dir, Env: x.Env, Files: []uintptr{0, 1, 2}, Sys: attr})
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errStart, err)
	}
	return pid, nil
}

func cutPath(entry string) (string, bool) {
	const name = "PATH="
	if len(entry) < len(name) || entry[:len(name)] != name {
		return "", false
	}
	return entry[len(name):], true
}

// dropRights takes from this thread what its children could gain rights by. What it has itself it keeps, to become
// another user; programs lose that with their start, since they do not start as root.
func dropRights(bounds bool) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	_, _ = unix.KeyctlJoinSessionKeyring("") // not everywhere are there keyrings, or the right to one
	if err := closeKeyrings(); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return err
	}
	if !bounds {
		return nil // bubblewrap has dropped them
	}
	for c := range uintptr(64) {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); errors.Is(err, unix.EINVAL) {
			break // the kernel has no more
		} else if err != nil {
			return err
		}
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return err
	}
	data[0].Inheritable, data[1].Inheritable = 0, 0
	return unix.Capset(&header, &data[0])
}

// obey does what comes by the control pipe until that ends, and then ends everything.
func obey() {
	control := os.NewFile(controlFile, "control")
	for b := make([]byte, 1); ; {
		if n, err := control.Read(b); n == 0 || err != nil {
			os.Exit(statusBroken)
		}
		if b[0] == process.LeashAsk {
			_ = unix.Kill(-1, unix.SIGTERM) // all but this process; there may be none
		}
	}
}

// await buries whatever ends inside, and returns how the program ended.
func await(pid int) status {
	for {
		var ws syscall.WaitStatus
		got, err := syscall.Wait4(-1, &ws, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return status{Started: true, Signal: int(unix.SIGKILL)} // cannot be: the program is a child of this process
		case got != pid:
		case ws.Signaled():
			return status{Started: true, Signal: int(ws.Signal())}
		case ws.Exited():
			return status{Started: true, Exit: ws.ExitStatus()}
		}
	}
}
