// Package process runs a program to its end, with everything that it starts.
//
// It knows sessions, signals, orphans, time limits, bounded output, and how to keep this process's environment from
// the programs that it runs. It refuses to know trials, and what a program's
// end means: that is left to package trial.
package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// Program is one process to run to its end, with everything that it starts.
type Program struct {
	Argv  []string      // the program, looked up in PATH, and its arguments; at least the program
	Dir   string        // the folder that it starts in
	Env   []string      // its whole environment, "NAME=value" each
	Stdin string        // path of the file that it reads; "" for an empty input
	Keep  int           // bytes of the standard output to keep; with 0 it is discarded, like the standard error always
	Limit time.Duration // wall clock

	// Memory bounds the resident bytes of the program and everything that it has started, together. They are added up
	// several times a second: short peaks pass. FileSize bounds the bytes of each file that it writes. 0 is no limit;
	// elsewhere than on Linux there is none.
	Memory, FileSize int64
	Keeper           *Keeper // of a program that runs another one in a sandbox; nil for others
}

// Mark is the variable that tells, on Linux, which running program a process belongs to. Its value is random.
// It is added to Program.Env.
const Mark = "PERTASK_PROCESS_MARK"

// Unknown is the Signal of a program that has ended in a way that the system did not tell.
const Unknown = "unknown"

// Ending is how a program ended.
type Ending struct {
	Status   int     // exit status; -1 when a signal ended it
	Signal   string  // name of that signal, Unknown, or ""
	TimedOut bool    // it was killed because its time was up
	Canceled bool    // it was killed because the context ended
	Memory   bool    // it was killed because it needed more memory than Program.Memory
	Seconds  float64 // wall clock
	Output   []byte  // standard output, at most Program.Keep bytes
	Dropped  int64   // bytes of standard output beyond that, where some are kept
	Left     int     // processes that it had started and that could not be ended; 0 where they cannot be listed
}

// Run starts a program in a session of its own and waits until it has ended. When it returns, nothing that the
// program has started is left, whether it ended by itself, ran out of time or the context ended. On Linux that
// includes what has left the session; the first Run makes this process a child subreaper for it, and other
// packages may not start children in sessions of their own. Elsewhere it is the program's process group. An error
// means that the program was not started; one of a sandbox wraps ErrKeeper. The clock is read at the start and at the end.
func (p Program) Run(ctx context.Context, now func() time.Time) (Ending, error) {
	var e Ending
	if err := ctx.Err(); err != nil {
		return e, err
	}
	cmd := exec.Command(p.Argv[0], p.Argv[1:]...)
	cmd.Dir, cmd.Env = p.Dir, p.Env
	if p.Stdin != "" {
		in, err := os.Open(p.Stdin)
		if err != nil {
			return e, err
		}
		defer in.Close()
		cmd.Stdin = in
	}
	var out *capture
	if p.Keep > 0 {
		var err error
		if out, err = newCapture(p.Keep); err != nil {
			return e, err
		}
		defer out.end()
		cmd.Stdout = out.writer
	}
	leash, err := p.Keeper.hold()
	if err != nil {
		return e, err
	}
	defer leash.Close() // nil is no file, and says so
	start := now()
	t, err := startTree(cmd)
	if err != nil {
		if p.Keeper != nil {
			err = fmt.Errorf("%w: %w", ErrKeeper, err)
		}
		return e, err
	}
	t.leash = leash
	t.limitFiles(p.FileSize)
	switch t.wait(ctx, p.Limit, t.watchMemory(p.Memory)) {
	case outOfTime:
		e.TimedOut = true
	case canceled:
		e.Canceled = true
	case outOfMemory:
		e.Memory = true
	}
	e.Seconds = now().Sub(start).Seconds()
	if out != nil {
		e.Output, e.Dropped = out.end()
	}
	e.Status, e.Signal = exitOf(cmd)
	e.Left = t.left
	return p.Keeper.correct(e)
}

// String describes an ending without a word of what the program wrote.
func (e Ending) String() string {
	switch {
	case e.TimedOut:
		return "out of time"
	case e.Canceled:
		return "canceled"
	case e.Memory:
		return "out of memory"
	case e.Signal != "":
		return "ended by signal: " + e.Signal
	}
	return fmt.Sprintf("exit status %d", e.Status)
}
