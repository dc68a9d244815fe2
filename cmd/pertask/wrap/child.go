package wrap

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
)

// Command is what is run with the input, output and signals of this process.
type Command struct {
	Argv           []string // the program and its arguments
	Env            []string // see Environment
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Run runs the command to its end and returns its exit status as a shell has it: 128 and the signal's number when a
// signal ended it. An error means that the command was not started, or that what became of it is not known.
func (c Command) Run() (status int, err error) {
	cmd := exec.Command(c.Argv[0], c.Argv[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Env, c.Stdin, c.Stdout, c.Stderr
	pass := forwarding(cmd)
	if err := cmd.Start(); err != nil {
		pass.stop()
		return 0, fmt.Errorf("starting the command: %w", err)
	}
	pass.begin()
	err = cmd.Wait()
	pass.stop()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &exit):
		return statusOf(exit.ProcessState), nil
	}
	return 0, fmt.Errorf("running the command: %w", err)
}
