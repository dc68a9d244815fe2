// Package prices is the command that looks prices up, prices recorded usage and compares price files.
//
// It knows its options and how an answer is printed. It refuses to know how a price is found, how usage is priced and
// how price files are read.
package prices

import (
	"flag"

	"github.com/pertask/pertask/cmd/pertask/command"
)

// Command returns the command.
func Command() command.Command {
	return command.Command{
		Name: "prices", Args: "show|cost|diff [options]", Short: "look prices up, price recorded usage, compare price files",
		Long: `
Works with the price book that this release carries. It needs no key and no network.

  pertask prices show MODEL    the rates of a model, per tier and date
  pertask prices cost < FILE   what recorded requests cost, a JSON object a line
  pertask prices diff FILE...  where public price files differ from the book

"pertask help prices cost" says more, and the same for the others.`,
		Run: func(a command.App, _ *flag.FlagSet, args []string) (int, error) {
			return command.Sub(a, "prices", subs(), args)
		},
	}
}

func subs() []command.Command {
	return []command.Command{showCommand(), costCommand(), diffCommand()}
}
