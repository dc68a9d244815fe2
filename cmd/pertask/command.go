package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/pertask/pertask/cmd/pertask/text"
)

// Exit statuses: those of package verdict's table.
const (
	exitOK      = 0 // done
	exitVerdict = 1 // the verdict blocks, or the check was cancelled
	exitUsage   = 2 // bad usage, configuration or input
)

// app is what a command needs of the world.
type app struct {
	ctx            context.Context
	getenv         func(string) string
	stdout, stderr io.Writer
}

// command is one subcommand.
type command struct {
	name, args, short string
	long              string // shown by help, which breaks the lines that are not indented
	hidden            bool
	run               func(app, *flag.FlagSet, []string) (int, error)
}

func commands() []command {
	return []command{demoCommand(), planCommand(), compareCommand(), baseCommand(), aaCommand(), analyzeCommand(),
		repriceCommand(),
		pricesCommand(),
		meterCommand(),
		agentCommand()}
}

// usageError is a mistake on the command line; the command's usage is shown after it.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run carries out the command that args name and returns the exit status. Nothing panics for any input, and
// every error is one message.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) (code int) {
	a := app{ctx, getenv, stdout, stderr}
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(stderr, "pertask: broke: %v; please report this\n", p)
			code = exitUsage
		}
	}()
	if len(args) == 0 {
		help(stderr)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return a.help(args[1:])
	case "version", "--version":
		fmt.Fprintln(stdout, "pertask", version())
		return exitOK
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return a.do(c, args[1:])
		}
	}
	fmt.Fprintf(stderr, "pertask: unknown command %q; run \"pertask help\" for the commands there are\n", args[0])
	return exitUsage
}

func (a app) do(c command, args []string) int {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	code, err := c.run(a, fs, args)
	var bad usageError
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.help(a.stdout, fs)
		return exitOK
	case errors.As(err, &bad):
		fmt.Fprintf(a.stderr, "pertask %s: %v\nRun \"pertask help %s\" for its options.\n", c.name, err, c.name)
		return exitUsage
	case err != nil:
		fmt.Fprintf(a.stderr, "pertask %s: %v\n", c.name, err)
		if code == exitOK {
			code = exitUsage
		}
	}
	return code
}

// parse reads flags that may stand before and after the positional arguments, and checks how many of those
// there are. A negative number allows any.
func parse(fs *flag.FlagSet, args []string, positional int) ([]string, error) {
	var rest []string
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usageError{err}
		}
		args = fs.Args()
		if len(args) == 0 {
			break
		}
		rest, args = append(rest, args[0]), args[1:]
	}
	if positional >= 0 && len(rest) != positional {
		return nil, usagef("%d arguments where %d are expected: %q", len(rest), positional, rest)
	}
	return rest, nil
}

func (a app) help(args []string) int {
	if len(args) == 0 {
		help(a.stdout)
		return exitOK
	}
	for _, c := range commands() {
		if c.name == args[0] && !c.hidden {
			return a.do(c, append(slices.Clone(args[1:]), "--help"))
		}
	}
	fmt.Fprintf(a.stderr, "pertask help: unknown command %q\n", args[0])
	return exitUsage
}

func help(w io.Writer) {
	fmt.Fprint(w, `pertask says what a change of model settings does to the cost per completed
task, measured on your own task suite, with honest error bars.

Commands:
`)
	for _, c := range commands() {
		if !c.hidden {
			fmt.Fprintf(w, "  %-9s %s\n", c.name, c.short)
		}
	}
	fmt.Fprint(w, `  help      show this, or the options of a command: pertask help compare
  version   show the version

Start with "pertask demo": it needs no key, no network and no configuration.

Exit status:
  0  done
  1  the verdict blocks (verdict.mode: block); prices show: the book has no such
     price; prices diff: something differs
  2  bad usage, configuration or input
meter exits as its command does.
`)
}

func (c command) help(w io.Writer, fs *flag.FlagSet) {
	fmt.Fprintf(w, "Usage: pertask %s %s\n\n%s\n", c.name, c.args, text.Fill(strings.TrimSpace(c.long), text.Width))
	var any bool
	fs.VisitAll(func(*flag.Flag) { any = true })
	if any {
		fmt.Fprintln(w, "\nOptions:")
		fs.VisitAll(func(f *flag.Flag) { printFlag(w, f) })
	}
}

// printFlag writes an option, and what it is for in a column beside it.
func printFlag(w io.Writer, f *flag.Flag) {
	arg, use := flag.UnquoteUsage(f)
	name := "--" + f.Name
	if arg != "" {
		name += " " + strings.ToUpper(arg)
	}
	if f.DefValue != "" && f.DefValue != "false" {
		use += " (default " + f.DefValue + ")"
	}
	const column = 21
	if len(name) > column-3 {
		fmt.Fprintf(w, "  %s\n", name)
		name = ""
	}
	for _, line := range text.Wrap(use, text.Width-column, "") {
		fmt.Fprintf(w, "  %-*s%s\n", column-2, name, line)
		name = ""
	}
}

// version is the module's version as the Go command recorded it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
