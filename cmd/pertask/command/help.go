package command

import (
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/pertask/pertask/cmd/pertask/text"
)

func (c Command) help(w io.Writer, fs *flag.FlagSet) {
	fmt.Fprintf(w, "Usage: pertask %s %s\n\n%s\n", c.Name, c.Args, text.Fill(strings.TrimSpace(c.Long), text.Width))
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
