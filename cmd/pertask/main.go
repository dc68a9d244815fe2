// Command pertask says what a change of model settings does to the cost per completed task.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/trial/sandbox"
)

func main() {
	if status, mine := sandbox.Main(os.Args[1:]); mine {
		os.Exit(status) // started by itself, as a part of the sandbox of a trial
	}
	environ := names(os.Environ()) // Conceal takes the variables that hold keys out
	getenv, err := process.Conceal(trial.Inherited()...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "pertask: warning: programs that run here may be able to read the keys of this process:", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := program().Run(app(ctx, getenv, environ, os.Stdout, os.Stderr), os.Args[1:])
	stop()
	os.Exit(code)
}

// app is the world of a program with an environment.
func app(ctx context.Context, getenv func(string) string, environ []string, stdout, stderr io.Writer) command.App {
	keys := func(ups []meter.Upstream) (meter.Keys, error) { return meter.LoadKeys(getenv, os.ReadFile, ups) }
	return command.App{Context: ctx, Getenv: getenv, Environ: environ, Keys: keys, Stdout: stdout, Stderr: stderr}
}

// names copies the names of variables.
func names(environ []string) []string {
	var out []string
	for _, entry := range environ {
		if name, _, ok := strings.Cut(entry, "="); ok && name != "" {
			out = append(out, strings.Clone(name))
		}
	}
	return out
}
