package main

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

// localFlags name a change of a local repository.
type localFlags struct {
	dir, base, head, suite, format, out string
	same                                bool // both sides are the base: see aaCommand
}

func (f *localFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&f.dir, "repo", ".", "`dir` of the repository")
	fs.StringVar(&f.base, "base", "", "`ref` of the base branch, such as main")
	fs.StringVar(&f.head, "head", "HEAD", "`ref` of the head")
	fs.StringVar(&f.suite, "suite", "", "`name` of the suite; needed when the configuration has several")
	fs.StringVar(&f.format, "format", "term", "`form` of the report: "+output.Formats)
}

// command is the command that measures the same change.
func (f *localFlags) command() string {
	line := "pertask compare --base " + f.base + " --head " + f.head
	if f.dir != "." {
		line += " --repo " + f.dir
	}
	if f.suite != "" {
		line += " --suite " + f.suite
	}
	return line
}

func (f *localFlags) check() error {
	if f.base == "" {
		return command.Usagef("--base must name the base branch, such as --base main")
	}
	return output.CheckFormat(f.format)
}

// change is a change of a local repository, read from git's objects only.
type change struct {
	opts    compare.Options
	source  *tree.Tree // the base's
	watches []arm.Watch
	config  *config.Config
	folders []string // of the repository: its work tree and its objects
}

// load reads the configuration and the suite at the base, and the settings at base, merge base and head.
func (f *localFlags) load(a command.App) (*change, error) {
	repo, err := gitrepo.Open(a.Context, f.dir)
	if err != nil {
		return nil, err
	}
	c := &change{}
	if c.folders, err = repo.Folders(); err != nil {
		return nil, err
	}
	commits, err := resolve(repo, f.base, f.head)
	if err != nil {
		return nil, err
	}
	if c.source, err = repo.Tree(commits.Base); err != nil {
		return nil, err
	}
	if c.config, err = loadConfig(c.source); err != nil {
		return nil, err
	}
	if c.watches = c.config.Watches; len(c.watches) == 0 {
		c.watches = arm.WellKnown()
	}
	pair, changed, err := c.readPair(repo, commits)
	if err != nil {
		return nil, err
	}
	pricing, err := c.config.Prices.Pricing(price.Embedded(), time.Now())
	if err != nil {
		return nil, err
	}
	c.opts = compare.Options{Pair: pair, Policy: c.config.Verdict, Seed: c.config.Run.Seed,
		Budget: c.config.Run.Budget, Commits: commits, Version: command.Version(), Findings: compare.Findings(pair), Now: time.Now,
		Pricing: pricing}
	if len(c.config.Suites) == 0 || !pair.Changed() && !f.same {
		return c, nil
	}
	if err := f.loadSuite(c); err != nil {
		return nil, err
	}
	if touched, ok := fit.SuiteTouched(c.opts.Suite, config.Path, changed); ok {
		c.opts.Findings = append(c.opts.Findings, touched)
	}
	if unfit, ok := fit.Unfit(c.opts.Suite, c.watches, pair); ok {
		c.opts.Findings = append(c.opts.Findings, unfit)
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
func (c *change) readPair(repo *gitrepo.Repo, commits report.Commits) (pair arm.Pair, changed []string, err error) {
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
	outside := arm.ModelsOutside(diffs, c.watches, price.Embedded().Models())
	c.watches = fit.Agents(c.watches, changed)
	trees.Models = price.Embedded().Models()
	if pair, err = arm.Compare(trees, c.watches); err != nil {
		return pair, nil, err
	}
	pair.Findings = append(pair.Findings, pair.Outside(outside)...)
	return pair, changed, nil
}

// loadSuite reads the suite and plans its looks.
func (f *localFlags) loadSuite(c *change) error {
	var names []string
	for _, cs := range c.config.Suites {
		if cs.Name != f.suite && (f.suite != "" || len(c.config.Suites) != 1) {
			names = append(names, cs.Name)
			continue
		}
		su, err := suite.Load(c.source, cs.Path)
		if err != nil {
			return err
		}
		if cs.Name != "" {
			su.Name = cs.Name
		}
		plan, err := c.config.Plan(cs.Path, len(su.Tasks))
		if err != nil {
			return err
		}
		c.opts.Suite, c.opts.Looks = su, plan.Looks
		c.opts.Findings = append(c.opts.Findings, plan.Findings...)
		c.opts.Findings = append(c.opts.Findings, aa.Findings(c.source, c.config.Verdict, su.Name, su.Digest)...)
		return nil
	}
	return command.Usagef("--suite must name one of the configured suites: %q", names)
}

// unmeasured returns a report when there is nothing to measure, or it cannot lead to a verdict.
func (c *change) unmeasured() *report.Report {
	if r := c.opts.Nothing(config.Path); r != nil {
		return r
	}
	if c.opts.Suite == nil {
		return c.opts.NoSuite(config.Path)
	}
	return c.opts.Hold()
}
