// Package commandtest runs commands as the program does, and keeps what they print.
//
// It knows arguments, an environment and an exit status. It refuses to know what a command is for, and has no way to a
// key: a test hands over what its commands read keys with. It is for tests.
package commandtest

import (
	"bytes"
	"context"
	"os"

	"github.com/pertask/pertask/cmd/pertask/command"
)

// App is a world whose variables are those of env, and the PATH of this process where env has none.
func App(env map[string]string) command.App {
	a := command.App{Context: context.Background(), Environ: []string{"PATH"}, Getenv: func(name string) string {
		if v, ok := env[name]; ok || name != "PATH" {
			return v
		}
		return os.Getenv("PATH")
	}}
	for name := range env {
		if name != "PATH" {
			a.Environ = append(a.Environ, name)
		}
	}
	return a
}

// Run carries out the command that the arguments name in a program. It returns what was printed and the exit status.
func Run(a command.App, p command.Program, args ...string) (stdout, stderr string, code int) {
	var out, msg bytes.Buffer
	a.Stdout, a.Stderr = &out, &msg
	code = p.Run(a, args)
	return out.String(), msg.String(), code
}
