package trial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

// grace is what a program gets between the request to end and its end by force.
const grace = 2 * time.Second

// answerLimit is how many bytes of an answer are kept. The rest is dropped, and the trial's Detail says so.
const answerLimit = 1 << 20

// program is one process to run to its end, with everything that it starts.
type program struct {
	argv  []string
	dir   string
	env   []string
	stdin string // path of a file; "" for an empty input
	keep  bool   // whether to keep the standard output; it is discarded otherwise, like the standard error
	limit time.Duration
}

// ending is how a program ended.
type ending struct {
	status   int    // exit status; -1 when a signal ended it
	signal   string // name of that signal, or ""
	timedOut bool   // it was killed because its time was up
	canceled bool   // it was killed because the context ended
	seconds  float64
	output   []byte // standard output, at most answerLimit bytes
	dropped  int64  // bytes of standard output beyond that
}

// run starts a program in a session of its own and waits until it has ended. When it returns, no process of
// the session is left, whether the program ended by itself, ran out of time or the context ended. An error
// means that the program was not started.
func (p program) run(ctx context.Context, now func() time.Time) (ending, error) {
	var e ending
	if err := ctx.Err(); err != nil {
		return e, err
	}
	cmd := exec.Command(p.argv[0], p.argv[1:]...)
	cmd.Dir, cmd.Env = p.dir, p.env
	if p.stdin != "" {
		in, err := os.Open(p.stdin)
		if err != nil {
			return e, err
		}
		defer in.Close()
		cmd.Stdin = in
	}
	var out *capture
	if p.keep {
		var err error
		if out, err = newCapture(); err != nil {
			return e, err
		}
		defer out.end()
		cmd.Stdout = out.writer
	}
	start := now()
	t, err := startTree(cmd)
	if err != nil {
		return e, err
	}
	e.timedOut, e.canceled = t.wait(ctx, p.limit)
	e.seconds = now().Sub(start).Seconds()
	if out != nil {
		e.output, e.dropped = out.end()
	}
	e.status, e.signal = exitOf(cmd)
	return e, nil
}

// tree is a running program and what it has started.
type tree struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the program and its session are gone

	mu     sync.Mutex
	reaped bool // the process id may belong to somebody else by now
}

// startTree starts a command. The goroutine that starts it stays on its thread until the program has ended,
// since Linux takes the death of that thread for the death of the parent.
func startTree(cmd *exec.Cmd) (*tree, error) {
	prepare(cmd)
	t := &tree{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(t.done)
		err := cmd.Start()
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

// text describes an ending without a word of what the program wrote.
func (e ending) text() string {
	switch {
	case e.timedOut:
		return "out of time"
	case e.canceled:
		return "canceled"
	case e.signal != "":
		return "ended by signal: " + e.signal
	}
	return fmt.Sprintf("exit status %d", e.status)
}

// capture keeps the first bytes that are written to a pipe and counts the others.
type capture struct {
	reader, writer *os.File
	done           chan struct{}

	mu      sync.Mutex
	kept    bytes.Buffer
	dropped int64
}

func newCapture() (*capture, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	c := &capture{reader: r, writer: w, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		_, _ = io.Copy(c, r) // ends with the last writer, or when end closes the pipe
	}()
	return c, nil
}

// Write keeps what fits.
func (c *capture) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fits := min(len(b), answerLimit-c.kept.Len())
	c.kept.Write(b[:fits])
	c.dropped += int64(len(b) - fits)
	return len(b), nil
}

// end returns what was kept. A process that has left the session may hold the pipe open for ever: it is given
// a second, then the pipe is closed under it. It may be called again.
func (c *capture) end() (kept []byte, dropped int64) {
	if err := c.writer.Close(); !errors.Is(err, os.ErrClosed) {
		select {
		case <-c.done:
		case <-time.After(time.Second):
		}
		c.reader.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.kept.Bytes()), c.dropped
}
