package main

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
)

// child is a command that is run with the input, output and signals of this process.
type child struct {
	argv           []string
	env            []string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// runChild runs a command to its end and returns its exit status as a shell has it: 128 and the signal's number
// when a signal ended it. An error means that the command was not started.
func runChild(c child) (int, error) {
	cmd := exec.Command(c.argv[0], c.argv[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = c.env, c.stdin, c.stdout, c.stderr
	pass := forwarding(cmd)
	if err := cmd.Start(); err != nil {
		pass.stop()
		return exitUsage, fmt.Errorf("starting the command: %w", err)
	}
	pass.begin()
	err := cmd.Wait()
	pass.stop()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return exitOK, nil
	case errors.As(err, &exit):
		return statusOf(exit.ProcessState), nil
	}
	return exitUsage, fmt.Errorf("running the command: %w", err)
}
