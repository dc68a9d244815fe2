package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/output"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/compare/outfit"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial/journal"
)

func compareCommand() command.Command {
	return command.Command{
		Name: "compare", Args: "--base REF [options]", Short: "measure a change of a local repository",
		Long: `
Measures a change of model settings: carries out the suite under the base's and the head's
settings, meters every call, and says what a completed task costs with each. Configuration,
suite and graders are read from the base's commit. Provider keys are read from the environment
(OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, or what the configuration names) and stay
in the metering proxy. It spends money: run.budget of the configuration (10 USD by default) says
how much at most, and run.auto_run_below holds automatic checks only.

Writes report.md, report.json and the journal trials.jsonl to --out. When it was interrupted,
--resume goes on with the trials that are missing: those that are done are never paid for
again, and what was spent comes out of the same budget. Without --resume a folder whose journal
has anything in it is refused.

With --store, trials of the base that pertask base or an earlier comparison has left there are
used again, those of this one are added, and a verdict is final: the same command shows it
again and spends nothing. --extend takes up a test that ended inconclusive.

  pertask compare --base main --head HEAD
  pertask compare --base main --head HEAD --resume`,
		Run: compareRefs,
	}
}

func compareRefs(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	var f localFlags
	f.register(fs)
	fs.StringVar(&f.out, "out", "pertask-report", "`dir` to write the report and the journal to")
	resume := fs.Bool("resume", false, "go on with the journal in --out")
	store := fs.String("store", "", "`dir` with trials of the base to use again, and with the verdicts that are final")
	extend := fs.Bool("extend", false, "take up a test in --store that ended inconclusive, at the expense of verdict.extension_reserve")
	if _, err := command.Parse(fs, args, 0); err != nil {
		return command.ExitUsage, err
	}
	if err := f.check(); err != nil {
		return command.ExitUsage, err
	}
	c, err := f.load(a)
	if err != nil {
		return command.ExitUsage, err
	}
	c.opts.Extend = *extend
	if r := c.unmeasured(); r != nil {
		return r.Decision.Exit, errors.Join(output.Write(f.out, r), output.Show(a, r, f.format))
	}
	if !*resume {
		if err := unused(journalPath(f.out)); err != nil {
			return command.ExitUsage, err
		}
	}
	r, err := measure(a, c, f.out, *store)
	if errors.Is(err, compare.ErrNotReady) {
		r, err = c.opts.NotReady(err), nil
	}
	if r == nil {
		return command.ExitUsage, err
	}
	if err != nil {
		r.NextSteps = append(r.NextSteps, "Run the command again with `--resume`: it goes on from the trials that are done.")
		return command.ExitVerdict, errors.Join(err, output.Write(f.out, r), output.Show(a, r, f.format))
	}
	return r.Decision.Exit, errors.Join(output.Write(f.out, r), output.Show(a, r, f.format))
}

// journalName is the journal's name beside the report.
const journalName = "trials.jsonl"

func journalPath(out string) string { return filepath.Join(out, journalName) }

// unused refuses a journal that an earlier run has left: what it holds was paid for, and going on with it, or not, is
// for the user to say.
func unused(path string) error {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	j, err := journal.Open(path)
	if err != nil {
		return err
	}
	defer j.Close()
	evidence, err := j.Load()
	if err != nil {
		return err
	}
	trials, calls := len(evidence.Results), len(evidence.Open)+len(evidence.Stray)
	for _, r := range evidence.Results {
		calls += len(r.Calls)
	}
	if trials == 0 && calls == 0 {
		return nil
	}
	return fmt.Errorf("%s has %d trials and %d calls of an earlier run, which were paid for; go on with them by --resume, or name another folder with --out",
		path, trials, calls)
}

// measure carries out the trials of a change and keeps the journal in a folder. What outlasts the comparison is in another
// one; "" for nothing.
func measure(a command.App, c *change, out, folder string) (*report.Report, error) {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder of the report: %w", err)
	}
	trials, err := journal.Open(journalPath(out))
	if err != nil {
		return nil, err
	}
	defer trials.Close()
	if folder != "" {
		store, err := c.useStore(folder)
		if err != nil {
			return nil, err
		}
		defer store.Close()
	}
	b, clean, err := bench(a, c)
	if err != nil {
		return nil, err
	}
	defer clean()
	b.Journal, c.opts.Journal = trials, journalName
	if r, err := c.prepare(a, &b); r != nil || err != nil {
		return r, err
	}
	return compare.Run(a.Context, c.opts, b)
}

// bench is what trials are carried out with, but for a journal. The returned function cleans up.
func bench(a command.App, c *change) (compare.Bench, func(), error) {
	ups := c.config.AllUpstreams()
	keys, err := a.Keys(ups)
	if err != nil {
		return compare.Bench{}, nil, err
	}
	scratch, clean, err := scratchFolder()
	if err != nil {
		return compare.Bench{}, nil, err
	}
	return compare.Bench{
		Source: c.source, Watches: c.watches, Upstreams: ups, Keys: keys, Scratch: scratch,
		Concurrency: c.config.Run.Concurrency, Getenv: a.Getenv,
		Progress: output.Progress(a),
	}, clean, nil
}

// prepare gets ready what the machine has for the suite. It returns a report when that cannot lead to a verdict.
func (c *change) prepare(a command.App, b *compare.Bench) (*report.Report, error) {
	machine := outfit.Machine{Getenv: a.Getenv, Hide: c.folders}
	if err := machine.Prepare(a.Context, c.config.Run, &c.opts, b); err != nil {
		return nil, err
	}
	return c.opts.Hold(), nil
}
