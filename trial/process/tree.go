package process

import (
	"context"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

// grace is what a program gets between the request to end and its end by force.
const grace = 2 * time.Second

// tree is a running program and what it has started.
type tree struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the program and its session are gone

	mu     sync.Mutex
	reaped bool // the process id may belong to somebody else by now
	left   int  // processes that outlived every attempt to end them; read after done
}

// startTree starts a command. The goroutine that starts it stays on its thread until the program has ended,
// since Linux takes the death of that thread for the death of the parent.
func startTree(cmd *exec.Cmd) (*tree, error) {
	t := &tree{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(t.done)
		err := t.launch()
		started <- err
		if err == nil {
			t.reap()
		}
	}()
	return t, <-started
}

// wait returns when the tree is gone. It asks the tree to end when the time is up or the context ends, and
// forces it to after the grace period.
func (t *tree) wait(ctx context.Context, limit time.Duration) (timedOut, canceled bool) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-t.done:
		return false, false
	case <-timer.C:
		timedOut = true
	case <-ctx.Done():
		canceled = true
	}
	t.ask()
	select {
	case <-t.done:
	case <-time.After(grace):
		t.kill()
		<-t.done
	}
	return timedOut, canceled
}

// exitOf reads a finished command's exit status.
func exitOf(cmd *exec.Cmd) (status int, signal string) {
	if cmd.ProcessState == nil {
		return -1, "unknown"
	}
	return cmd.ProcessState.ExitCode(), signalOf(cmd.ProcessState)
}
