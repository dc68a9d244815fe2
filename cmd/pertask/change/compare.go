package change

import (
	"errors"
	"flag"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/output"
	"github.com/pertask/pertask/compare"
)

// Compare returns the command that measures a change.
func Compare() command.Command {
	return command.Command{
		Name: "compare", Args: "--base REF [options]", Short: "measure a change of a local repository",
		Long: `
Measures a change of model settings: carries out the suite under the base's and the head's
settings, meters every call, and says what a completed task costs with each. Configuration,
suite and graders are read from the base's commit. Provider keys are read from the environment
(OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, or what the configuration names) and stay
in the metering proxy. It spends money: run.budget of the configuration (10 USD by default) says
how much at most, and run.auto_run_below holds automatic checks only.

Writes report.md, report.html, report.json and the journal trials.jsonl to --out. When it was
interrupted, --resume goes on with the trials that are missing: those that are done are never
paid for again, and what was spent comes out of the same budget. Without --resume a folder
whose journal has anything in it is refused.

With --store, trials of the base that pertask base or an earlier comparison has left there are
used again, those of this one are added, and a verdict is final: the same command shows it
again and spends nothing. --extend takes up a test that ended inconclusive.

  pertask compare --base main --head HEAD
  pertask compare --base main --head HEAD --resume`,
		Run: compareRefs,
	}
}

func compareRefs(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	var f Flags
	f.Register(fs)
	fs.StringVar(&f.Out, "out", "pertask-report", "`dir` to write the report and the journal to")
	resume := fs.Bool("resume", false, "go on with the journal in --out")
	store := fs.String("store", "", "`dir` with trials of the base to use again, and with the verdicts that are final")
	extend := fs.Bool("extend", false, "take up a test in --store that ended inconclusive, at the expense of verdict.extension_reserve")
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
	c.Options.Extend = *extend
	if r := c.unmeasured(); r != nil {
		return r.Decision.Exit, errors.Join(output.Write(f.Out, r), output.Show(a, r, f.Format))
	}
	if !*resume {
		if err := Unused(JournalPath(f.Out)); err != nil {
			return command.ExitUsage, err
		}
	}
	r, err := c.Measure(a, f.Out, *store)
	if errors.Is(err, compare.ErrNotReady) {
		r, err = c.Options.NotReady(err), nil
	}
	if r == nil {
		return command.ExitUsage, err
	}
	if err != nil {
		r.NextSteps = append(r.NextSteps, "Run the command again with `--resume`: it goes on from the trials that are done.")
		return command.ExitVerdict, errors.Join(err, output.Write(f.Out, r), output.Show(a, r, f.Format))
	}
	return r.Decision.Exit, errors.Join(output.Write(f.Out, r), output.Show(a, r, f.Format))
}
