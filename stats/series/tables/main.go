// Command tables simulates what docs/followup.md says and writes it there. It exits with 1 when anything misses what is
// promised of it, after writing all the same, and with 2 when it is used wrongly.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("tables", flag.ContinueOnError)
	flags.SetOutput(stderr)
	runs := flags.Int("runs", 1000, "histories of each world")
	seed := flags.Uint64("seed", 1, "where the random numbers start")
	out := flags.String("out", "", "file to write; standard output without one")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *runs < 1 || flags.NArg() > 0 {
		fmt.Fprintln(stderr, "tables takes flags alone, and at least one history of each world")
		return 2
	}
	results := simulate(*runs, *seed, func(what string) { fmt.Fprintln(stderr, "simulating "+what) })
	page, err := results.page()
	if err != nil {
		fmt.Fprintf(stderr, "writing tables: %v\n", err)
		return 2
	}
	if *out == "" {
		_, err = stdout.Write(page)
	} else {
		err = os.WriteFile(*out, page, 0o644)
	}
	if err != nil {
		fmt.Fprintf(stderr, "writing tables: %v\n", err)
		return 2
	}
	misses := results.Misses()
	for _, m := range misses {
		fmt.Fprintln(stderr, m)
	}
	if len(misses) > 0 {
		return 1
	}
	return 0
}
