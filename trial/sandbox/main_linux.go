package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

const remedy = "it takes root, sudo without a password, or bubblewrap or user namespaces that are allowed " +
	"(on Ubuntu: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0)"

// nobody is the user and the group as whom programs run when this process is root.
const nobody = 65534

// ways lists the sandboxes that are worth trying, the strongest first. For root there is one only: in the others nobody
// inside would be root outside, without capabilities but as the owner of root's files.
func ways() []way {
	if os.Getuid() == 0 {
		return []way{asRoot}
	}
	var out []way
	if _, err := exec.LookPath("sudo"); err == nil {
		out = append(out, bySudo)
	}
	if _, err := exec.LookPath("bwrap"); err == nil {
		out = append(out, byBwrap)
	}
	return append(out, byUserns)
}

// user returns as whom programs run inside. It is never root. Files that a program makes belong, seen from outside, to
// nobody with the namespaces of root, and to this process's own user otherwise.
func (w way) user() (uid, gid int) {
	if uid, gid = os.Getuid(), os.Getgid(); uid == 0 {
		return nobody, nobody
	}
	return uid, gid
}

func makeLeash(path string) error { return unix.Mkfifo(path, 0o600) }

func signalName(n int) string {
	if n == 0 {
		return ""
	}
	return unix.Signal(n).String()
}

// Main is the part of a sandbox that the own binary is; every main calls it first, with the arguments after the
// program's name. When mine is true the process is to exit with the status. Elsewhere than on Linux it never is.
func Main(args []string) (status int, mine bool) {
	callsMain.Store(true)
	if len(args) == 0 || args[0] != Command {
		return 0, false
	}
	if len(args) == 3 && args[1] == "probe" {
		return probe(args[2]), true
	}
	if len(args) != 3 || args[1] != "enter" && args[1] != "inner" {
		fmt.Fprintf(os.Stderr, "%s is started by pertask itself\n", Command)
		return statusUsage, true
	}
	x, err := readSpec(args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return statusUsage, true
	}
	if args[1] == "enter" {
		return enter(x, args[2]), true
	}
	return inner(x), true
}

// Exit statuses of the parts. Nothing but the status file is believed about the program's end.
const (
	statusUsage  = 2
	statusBroken = 125

	// A shell's, for a program that cannot be run, or is not there.
	statusNotExecutable = 126
	statusNotFound      = 127
)

func readSpec(file string) (x spec, err error) {
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &x)
	}
	if err != nil {
		return x, fmt.Errorf("reading the sandbox's description: %w", err)
	}
	return x, nil
}
