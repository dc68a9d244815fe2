// Command action is the GitHub Action: it reviews the pull request that the workflow was started for.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/trial/sandbox"
)

func main() {
	if status, mine := sandbox.Main(os.Args[1:]); mine {
		os.Exit(status) // started by itself, as a part of the sandbox of a trial
	}
	getenv, err := process.Conceal(trial.Inherited()...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "pertask: warning: programs that run here may be able to read the keys of this process:", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
