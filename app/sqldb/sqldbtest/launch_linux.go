package sqldbtest

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// quit makes PostgreSQL stop at once.
const quit = syscall.SIGQUIT

// as returns a command that runs as the given user, in a folder that the user may read.
func as(uid, gid int, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return cmd
}

// launch starts a server that ends with this process, even where that is killed. The kernel takes the death of the thread that
// started it for that of the process, so the calling goroutine keeps its thread until it ends, which must be after the server.
func launch(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	cmd.SysProcAttr.Pdeathsig = quit
	return cmd.Start()
}
