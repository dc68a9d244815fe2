package main

import (
	"flag"

	"github.com/pertask/pertask/verdict"
)

func planCommand() command {
	return command{
		name: "plan", args: "--base REF [options]", short: "show what changed, list prices and a forecast; needs no key",
		long: `
Shows which model settings change from the merge base to the head, what they cost by list
price, and what measuring them is likely to cost. Configuration and suite are read from the
base's commit. Nothing is run and no key is needed.

  pertask plan --base main --head HEAD`,
		run: plan,
	}
}

func plan(a app, fs *flag.FlagSet, args []string) (int, error) {
	var f localFlags
	f.register(fs)
	if _, err := parse(fs, args, 0); err != nil {
		return exitUsage, err
	}
	if err := f.check(); err != nil {
		return exitUsage, err
	}
	c, err := f.load(a)
	if err != nil {
		return exitUsage, err
	}
	if r := c.unmeasured(); r != nil {
		return exitOK, a.show(r, f.format)
	}
	r := c.opts.NotMeasured(verdict.Finding{Code: "plan", Text: "This is what would be measured. Nothing was run."},
		"Measure it with `"+f.command()+"`.")
	return exitOK, a.show(r, f.format)
}
