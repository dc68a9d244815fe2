package main

import (
	"github.com/pertask/pertask/cmd/pertask/analysis"
	"github.com/pertask/pertask/cmd/pertask/change"
	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/demo"
	"github.com/pertask/pertask/cmd/pertask/examine"
	"github.com/pertask/pertask/cmd/pertask/initialize"
	"github.com/pertask/pertask/cmd/pertask/metering"
	"github.com/pertask/pertask/cmd/pertask/prices"
	"github.com/pertask/pertask/cmd/pertask/repricing"
	"github.com/pertask/pertask/cmd/pertask/selftest"
	"github.com/pertask/pertask/cmd/pertask/spending"
)

// program is all that pertask can do.
func program() command.Program {
	return command.Program{
		Before: `pertask says what a change of model settings does to the cost per completed
task, measured on your own task suite, with honest error bars.
`,
		Commands: []command.Command{demo.Command(), initialize.Command(), examine.Command(), change.Plan(), change.Compare(), change.Base(), selftest.Command(), analysis.Command(),
			repricing.Command(), reportCommand(),
			prices.Command(),
			metering.Command(),
			spending.Command(),
			demo.Agent()},
		After: `  help      show this, or the options of a command: pertask help compare
  version   show the version

Start with "pertask demo": it needs no key, no network and no configuration.

Exit status:
  0  done
  1  the verdict blocks (verdict.mode: block); prices show: the book has no such
     price; prices diff: something differs; doctor: something is wrong
  2  bad usage, configuration or input
meter exits as its command does.
`,
	}
}
