package change

import (
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/price"
)

// Base returns the command that measures the base ahead.
func Base() command.Command {
	return command.Command{
		Name: "base", Args: "--base REF --store DIR [options]", Short: "measure the base ahead, for comparisons that use it again",
		Long: `
Carries out trials under the base's settings alone and keeps them in --store, until each task
has 12 that are young enough. A comparison with the same --store uses them again and carries
out only one or two trials of the base per task, to see whether they still hold.

Trials count for 14 days, or what run.reuse_base says; those past half of that are replaced. It
spends money: run.budget says how much at most. What is stored stays when the command is
interrupted.

  pertask base --base main --store ~/.pertask
  pertask compare --base main --head HEAD --store ~/.pertask`,
		Run: fillBase,
	}
}

func fillBase(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	f := Flags{Format: "term"}
	fs.StringVar(&f.Dir, "repo", ".", "`dir` of the repository")
	fs.StringVar(&f.Base, "base", "", "`ref` of the base branch, such as main")
	fs.StringVar(&f.Suite, "suite", "", "`name` of the suite; needed when the configuration has several")
	dir := fs.String("store", "", "`dir` to keep the trials in")
	if _, err := command.Parse(fs, args, 0); err != nil {
		return command.ExitUsage, err
	}
	if *dir == "" {
		return command.ExitUsage, command.Usagef("--store must name the folder to keep the trials in")
	}
	if err := f.Check(); err != nil {
		return command.ExitUsage, err
	}
	c, err := f.loadBase(a)
	if err != nil {
		return command.ExitUsage, err
	}
	done, err := c.fill(a, *dir)
	if err != nil {
		return command.ExitVerdict, err
	}
	fmt.Fprintf(a.Stdout, "%d stored trials of the base were young enough, %d were carried out, %d are missing. This cost %s.\n",
		done.Had, done.Added, done.Missing, dollars(done.Spent))
	if done.Lost != "" {
		fmt.Fprintf(a.Stdout, "What was stored could not be read: %s.\n", done.Lost)
	}
	if done.Problem != "" {
		fmt.Fprintln(a.Stdout, done.Problem)
	}
	return command.ExitOK, nil
}

// dollars is an amount for people.
func dollars(a price.Amount) string {
	if m, ok := a.Value(); ok {
		return "$" + m.Fixed(2)
	}
	return "an unknown amount"
}

// loadBase reads the base as a comparison would whose head changes its settings.
func (f *Flags) loadBase(a command.App) (*Change, error) {
	f.Head = f.Base
	c, err := f.Load(a)
	if err != nil {
		return nil, err
	}
	if len(c.Config.Suites) == 0 {
		return nil, errors.New("no suite is configured; docs/config.md shows how")
	}
	if err := f.loadSuite(c); err != nil {
		return nil, err
	}
	watches := c.Config.Watches
	if len(watches) == 0 {
		watches = arm.WellKnown()
	}
	c.Options.Pair, c.Watches, err = fit.Base(c.Source, watches, c.Options.Suite, price.Embedded().Models())
	return c, err
}

// fill carries out what is missing in a store.
func (c *Change) fill(a command.App, dir string) (done compare.FillReport, err error) {
	store, err := c.useStore(dir)
	if err != nil {
		return done, err
	}
	defer store.Close()
	b, clean, err := c.bench(a)
	if err != nil {
		return done, err
	}
	defer clean()
	if r, err := c.Prepare(a, &b); r != nil || err != nil {
		if r != nil {
			err = errors.New(r.Reason.Text)
		}
		return done, err
	}
	done, err = compare.FillBase(a.Context, c.Options, b, compare.EnoughStored)
	if err == nil {
		err = store.Prune(a.Context, time.Now(), c.Options.ReuseBase)
	}
	return done, err
}
