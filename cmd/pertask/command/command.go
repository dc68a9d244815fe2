// Package command is a command of pertask: its options, its help, its mistakes and its exit status.
//
// It knows how arguments are read, and how a command says that they are wrong. It refuses to know what any command does.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/pertask/pertask/meter"
)

// Exit statuses: those of package verdict's table.
const (
	ExitOK      = 0 // done
	ExitVerdict = 1 // the verdict blocks, or the check was cancelled
	ExitUsage   = 2 // bad usage, configuration or input
)

// App is what a command needs of the world.
type App struct {
	Context context.Context
	Getenv  func(string) string
	// Environ are the names of the variables that the program was started with.
	Environ []string
	// Keys reads the provider keys of upstreams. It is the program's, because no command has a way of its own to them.
	Keys           func([]meter.Upstream) (meter.Keys, error)
	Stdout, Stderr io.Writer
}

// Command is one subcommand.
type Command struct {
	Name, Args, Short string
	Long              string // shown by help, which breaks the lines that are not indented
	Hidden            bool   // is not listed, and has no help
	// Run carries out the command. It adds its options to the set and parses the arguments with it. It returns the exit
	// status, and an error that is to be shown; with an error the status 0 counts as ExitUsage.
	Run func(App, *flag.FlagSet, []string) (int, error)
}

// usageError is a mistake on the command line; where the command's usage is found is said after it.
type usageError struct{ error }

// Usage makes an error a mistake on the command line.
func Usage(err error) error { return usageError{err} }

// Usagef returns a mistake on the command line.
func Usagef(format string, args ...any) error { return Usage(fmt.Errorf(format, args...)) }

// Do carries out the command and returns the exit status. Whatever goes wrong is one message.
func (c Command) Do(a App, args []string) int {
	fs := flag.NewFlagSet(c.Name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	code, err := c.Run(a, fs, args)
	var bad usageError
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.help(a.Stdout, fs)
		return ExitOK
	case errors.As(err, &bad):
		fmt.Fprintf(a.Stderr, "pertask %s: %v\nRun \"pertask help %s\" for its options.\n", c.Name, err, c.Name)
		return ExitUsage
	case err != nil:
		fmt.Fprintf(a.Stderr, "pertask %s: %v\n", c.Name, err)
		if code == ExitOK {
			code = ExitUsage
		}
	}
	return code
}

// Sub carries out a command of the command that is called parent.
func Sub(a App, parent string, subs []Command, args []string) (int, error) {
	var names []string
	for _, c := range subs {
		if len(args) > 0 && c.Name == args[0] {
			c.Name = parent + " " + c.Name
			return c.Do(a, args[1:]), nil
		}
		names = append(names, c.Name)
	}
	if len(args) > 0 && strings.HasPrefix(args[0], "-") && strings.TrimLeft(args[0], "-") == "help" || len(args) > 0 && args[0] == "-h" {
		return ExitOK, flag.ErrHelp
	}
	return ExitUsage, Usagef("say which: %s", strings.Join(names, ", "))
}

// Parse reads flags that may stand before and after the positional arguments, and checks how many of those
// there are. A negative number allows any.
func Parse(fs *flag.FlagSet, args []string, positional int) ([]string, error) {
	var rest []string
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, Usage(err)
		}
		args = fs.Args()
		if len(args) == 0 {
			break
		}
		rest, args = append(rest, args[0]), args[1:]
	}
	if positional >= 0 && len(rest) != positional {
		return nil, Usagef("%d arguments where %d are expected: %q", len(rest), positional, rest)
	}
	return rest, nil
}

// Version is the module's version as the Go command recorded it, or "devel".
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
