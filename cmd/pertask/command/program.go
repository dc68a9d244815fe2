package command

import (
	"fmt"
	"io"
	"slices"
)

// Program is a list of commands, and what its help says before and after them.
type Program struct {
	Before, After string
	Commands      []Command
}

// Run carries out the command that the arguments name and returns the exit status. Nothing panics for any input, and
// every error is one message.
func (p Program) Run(a App, args []string) (code int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(a.Stderr, "pertask: broke: %v; please report this\n", r)
			code = ExitUsage
		}
	}()
	if len(args) == 0 {
		p.list(a.Stderr)
		return ExitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return p.help(a, args[1:])
	case "version", "--version":
		fmt.Fprintln(a.Stdout, "pertask", Version())
		return ExitOK
	}
	for _, c := range p.Commands {
		if c.Name == args[0] {
			return c.Do(a, args[1:])
		}
	}
	fmt.Fprintf(a.Stderr, "pertask: unknown command %q; run \"pertask help\" for the commands there are\n", args[0])
	return ExitUsage
}

// help shows the commands, or the options of one.
func (p Program) help(a App, args []string) int {
	if len(args) == 0 {
		p.list(a.Stdout)
		return ExitOK
	}
	for _, c := range p.Commands {
		if c.Name == args[0] && !c.Hidden {
			return c.Do(a, append(slices.Clone(args[1:]), "--help"))
		}
	}
	fmt.Fprintf(a.Stderr, "pertask help: unknown command %q\n", args[0])
	return ExitUsage
}

func (p Program) list(w io.Writer) {
	fmt.Fprint(w, p.Before, "\nCommands:\n")
	for _, c := range p.Commands {
		if !c.Hidden {
			fmt.Fprintf(w, "  %-9s %s\n", c.Name, c.Short)
		}
	}
	fmt.Fprint(w, p.After)
}
