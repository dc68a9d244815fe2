// Package change is a change of a local repository, and the commands that plan and measure it.
//
// It knows which refs are compared, what is read from git's objects at each, and where journal, report and stored trials
// are kept. It refuses to know how trials are carried out, what decides, and how a report looks.
package change

import (
	"errors"
	"flag"
	"io/fs"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/output"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/compare/aa"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/internal/gitrepo"
	"github.com/pertask/pertask/internal/tree"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/suite"
)

// Flags name a change of a local repository.
type Flags struct {
	Dir         string // of the repository
	Base, Head  string // refs
	Suite       string // its name, where the configuration has several
	Format, Out string // form of the report, and the folder to write it to
	Same        bool   // both sides are the base, which is measured all the same
}

// Register adds the options that name a change, and the form of the report.
func (f *Flags) Register(fs *flag.FlagSet) {
	fs.StringVar(&f.Dir, "repo", ".", "`dir` of the repository")
	fs.StringVar(&f.Base, "base", "", "`ref` of the base branch, such as main")
	fs.StringVar(&f.Head, "head", "HEAD", "`ref` of the head")
	fs.StringVar(&f.Suite, "suite", "", "`name` of the suite; needed when the configuration has several")
	fs.StringVar(&f.Format, "format", "term", "`form` of the report: "+output.Formats)
}

// command is the command that measures the same change.
func (f *Flags) command() string {
	line := "pertask compare --base " + f.Base + " --head " + f.Head
	if f.Dir != "." {
		line += " --repo " + f.Dir
	}
	if f.Suite != "" {
		line += " --suite " + f.Suite
	}
	return line
}

// Check refuses options that name no change, as a mistake on the command line.
func (f *Flags) Check() error {
	if f.Base == "" {
		return command.Usagef("--base must name the base branch, such as --base main")
	}
	return output.CheckFormat(f.Format)
}

// Change is a change of a local repository, read from git's objects only.
type Change struct {
	Options compare.Options // Suite is nil where there is none, or nothing to measure
	Source  *tree.Tree      // the base's
	Watches []arm.Watch
	Config  *config.Config
	folders []string // of the repository: its work tree and its objects
}

// Load reads the configuration and the suite at the base, and the settings at base, merge base and head.
func (f *Flags) Load(a command.App) (*Change, error) {
	repo, err := gitrepo.Open(a.Context, f.Dir)
	if err != nil {
		return nil, err
	}
	c := &Change{}
	if c.folders, err = repo.Folders(); err != nil {
		return nil, err
	}
	commits, err := resolve(repo, f.Base, f.Head)
	if err != nil {
		return nil, err
	}
	if c.Source, err = repo.Tree(commits.Base); err != nil {
		return nil, err
	}
	if c.Config, err = loadConfig(c.Source); err != nil {
		return nil, err
	}
	if c.Watches = c.Config.Watches; len(c.Watches) == 0 {
		c.Watches = arm.WellKnown()
	}
	pair, changed, err := c.readPair(repo, commits)
	if err != nil {
		return nil, err
	}
	pricing, err := c.Config.Prices.Pricing(price.Embedded(), time.Now())
	if err != nil {
		return nil, err
	}
	c.Options = compare.Options{Pair: pair, Policy: c.Config.Verdict, Seed: c.Config.Run.Seed,
		Budget: c.Config.Run.Budget, Commits: commits, Version: command.Version(), Findings: compare.Findings(pair), Now: time.Now,
		Pricing: pricing}
	if len(c.Config.Suites) == 0 || !pair.Changed() && !f.Same {
		return c, nil
	}
	if err := f.loadSuite(c); err != nil {
		return nil, err
	}
	if touched, ok := fit.SuiteTouched(c.Options.Suite, config.Path, changed); ok {
		c.Options.Findings = append(c.Options.Findings, touched)
	}
	if unfit, ok := fit.Unfit(c.Options.Suite, c.Watches, pair); ok {
		c.Options.Findings = append(c.Options.Findings, unfit)
	}
	return c, nil
}

func resolve(repo *gitrepo.Repo, base, head string) (c report.Commits, err error) {
	if c.Base, err = repo.Resolve(base); err != nil {
		return c, err
	}
	if c.Head, err = repo.Resolve(head); err != nil {
		return c, err
	}
	c.MergeBase, err = repo.MergeBase(c.Base, c.Head)
	return c, err
}

func loadConfig(source fs.FS) (*config.Config, error) {
	c, err := config.Load(source, config.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return config.Default(), nil
	}
	return c, err
}

// readPair reads the settings of both sides, looks for model ids elsewhere in the diff, and returns the changed paths.
func (c *Change) readPair(repo *gitrepo.Repo, commits report.Commits) (pair arm.Pair, changed []string, err error) {
	diffs, err := repo.Diff(commits.MergeBase, commits.Head)
	if err != nil {
		return pair, nil, err
	}
	trees := arm.Trees{Renames: map[string]string{}}
	for _, d := range diffs {
		changed = append(changed, d.Path)
		if d.PreviousPath != "" {
			trees.Renames[d.Path] = d.PreviousPath
			changed = append(changed, d.PreviousPath)
		}
	}
	for _, t := range []struct {
		to  *fs.FS
		sha string
	}{{&trees.Base, commits.Base}, {&trees.MergeBase, commits.MergeBase}, {&trees.Head, commits.Head}} {
		tr, err := repo.Tree(t.sha)
		if err != nil {
			return pair, nil, err
		}
		*t.to = tr
	}
	outside := arm.ModelsOutside(diffs, c.Watches, price.Embedded().Models())
	c.Watches = fit.Agents(c.Watches, changed)
	trees.Models = price.Embedded().Models()
	if pair, err = arm.Compare(trees, c.Watches); err != nil {
		return pair, nil, err
	}
	pair.Findings = append(pair.Findings, pair.Outside(outside)...)
	return pair, changed, nil
}

// loadSuite reads the suite and plans its looks.
func (f *Flags) loadSuite(c *Change) error {
	var names []string
	for _, cs := range c.Config.Suites {
		if cs.Name != f.Suite && (f.Suite != "" || len(c.Config.Suites) != 1) {
			names = append(names, cs.Name)
			continue
		}
		su, err := suite.Load(c.Source, cs.Path)
		if err != nil {
			return err
		}
		if cs.Name != "" {
			su.Name = cs.Name
		}
		plan, err := c.Config.Plan(cs.Path, len(su.Tasks))
		if err != nil {
			return err
		}
		c.Options.Suite, c.Options.Looks = su, plan.Looks
		c.Options.Findings = append(c.Options.Findings, plan.Findings...)
		c.Options.Findings = append(c.Options.Findings, aa.Findings(c.Source, c.Config.Verdict, su.Name, su.Digest)...)
		return nil
	}
	return command.Usagef("--suite must name one of the configured suites: %q", names)
}

// unmeasured returns a report when there is nothing to measure, or it cannot lead to a verdict.
func (c *Change) unmeasured() *report.Report {
	if r := c.Options.Nothing(config.Path); r != nil {
		return r
	}
	if c.Options.Suite == nil {
		return c.Options.NoSuite(config.Path)
	}
	return c.Options.Hold()
}
