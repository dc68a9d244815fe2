package change

import (
	"flag"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/output"
	"github.com/pertask/pertask/verdict"
)

// Plan returns the command that shows what would be measured.
func Plan() command.Command {
	return command.Command{
		Name: "plan", Args: "--base REF [options]", Short: "show what changed, list prices and a forecast; needs no key",
		Long: `
Shows which model settings change from the merge base to the head, what they cost by list
price, and what measuring them is likely to cost. Configuration and suite are read from the
base's commit. Nothing is run and no key is needed.

  pertask plan --base main --head HEAD`,
		Run: planRefs,
	}
}

func planRefs(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	var f Flags
	f.Register(fs)
	if _, err := command.Parse(fs, args, 0); err != nil {
		return command.ExitUsage, err
	}
	if err := f.Check(); err != nil {
		return command.ExitUsage, err
	}
	c, err := f.Load(a)
	if err != nil {
		return command.ExitUsage, err
	}
	if r := c.unmeasured(); r != nil {
		return command.ExitOK, output.Show(a, r, f.Format)
	}
	r := c.Options.NotMeasured(verdict.Finding{Code: "plan", Text: "This is what would be measured. Nothing was run."},
		"Measure it with `"+f.command()+"`.")
	return command.ExitOK, output.Show(a, r, f.Format)
}
