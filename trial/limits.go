package trial

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/pertask/pertask/trial/place"
	"github.com/pertask/pertask/trial/process"
)

// run runs a program of the trial in the sandbox, if there is one, and within the limits. The cause says what ended it
// when that was neither itself, its time nor the context: CauseSandbox, CauseMemory or CauseDisk.
func (a *attempt) run(ctx context.Context, in *place.Place, p process.Program, proxy bool) (end process.Ending, cause string, err error) {
	limits := a.r.cfg.Limits
	p.Memory, p.FileSize = limits.Memory, limits.Disk
	shell := runsShell(p.Argv)
	if a.r.cfg.Sandbox != nil {
		if p, err = inSandbox(a.r.cfg.Sandbox, in, p, proxy); err != nil {
			return end, CauseSandbox, err
		}
	}
	watched, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var watch sync.WaitGroup
	if limits.Disk > 0 {
		watch.Go(func() { in.Watch(watched, limits.Disk, func() { stop(errFull) }) })
	}
	end, err = p.Run(watched, a.r.cfg.Now)
	full := errors.Is(context.Cause(watched), errFull)
	stop(nil)
	watch.Wait()
	switch {
	case errors.Is(err, process.ErrKeeper):
		return end, CauseSandbox, err
	case err != nil || ctx.Err() != nil:
		return end, "", err
	case end.Memory:
		return end, CauseMemory, nil
	case full || limits.Disk > 0 && (tooLarge(end, shell) || in.Bytes(context.WithoutCancel(ctx), limits.Disk) > limits.Disk):
		end.Canceled = false
		return end, CauseDisk, nil
	}
	return end, "", nil
}

// ending describes how a program ended, or what ended it.
func ending(e process.Ending, cause string) string {
	if cause == CauseDisk {
		return "out of disk"
	}
	return e.String()
}

// keptBy is what a trial records of the sandbox that its programs are in.
func (r *Runner) keptBy() string {
	if r.cfg.Sandbox == nil {
		return ""
	}
	return r.cfg.Sandbox.Name()
}

// inSandbox returns the program that runs another one with the folders of a place as its room.
func inSandbox(s Sandbox, in *place.Place, p process.Program, proxy bool) (process.Program, error) {
	aside, err := os.MkdirTemp(in.Beside(""), "aside-")
	if err != nil {
		return p, fmt.Errorf("making the sandbox's folder: %w", err)
	}
	return s.Inside(p, Room{Write: []string{in.Work(), in.Home(), in.Temp(), in.Settings()}, Proxy: proxy, Aside: aside})
}

// tooLarge reports whether a program, or the last one of a shell, was ended for writing a file beyond the limit. A shell
// tells that by a status which, of any other program, is a status like others.
func tooLarge(e process.Ending, shell bool) bool {
	const name, status = "file size limit exceeded", 128 + 25 // SIGXFSZ
	return e.Signal == name || shell && e.Status == status
}

// runsShell reports whether a program is a shell that runs a command line.
func runsShell(argv []string) bool {
	return len(argv) > 1 && slices.Contains([]string{"sh", "bash"}, filepath.Base(argv[0])) && argv[1] == "-c"
}

// errFull is the cause of a context that ended because a trial has written more than it may.
var errFull = errors.New("the trial's folders are full")
