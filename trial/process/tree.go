package process

import (
	"context"
	"os"
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

	leash *os.File // of a sandbox, or nil

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

// stop says why a program was ended.
type stop int

const (
	byItself stop = iota
	outOfTime
	canceled
	outOfMemory
)

// wait returns when the tree is gone. It asks the tree to end when the time is up or the context ends, and
// forces it to after the grace period. A tree that needs too much memory gets no grace.
func (t *tree) wait(ctx context.Context, limit time.Duration, over <-chan struct{}) (why stop) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var patience time.Duration
	select {
	case <-t.done:
		return byItself
	case <-timer.C:
		why, patience = outOfTime, grace
	case <-ctx.Done():
		why, patience = canceled, grace
	case <-over:
		why = outOfMemory
	}
	if patience > 0 {
		_, _ = t.leash.Write([]byte{LeashAsk}) // there may be none, and nobody that listens
		t.ask()
	}
	select {
	case <-t.done:
	case <-time.After(patience):
		t.leash.Close()
		t.kill()
		<-t.done
	}
	return why
}

// exitOf reads a finished command's exit status.
func exitOf(cmd *exec.Cmd) (status int, signal string) {
	if cmd.ProcessState == nil {
		return -1, Unknown
	}
	return cmd.ProcessState.ExitCode(), signalOf(cmd.ProcessState)
}
