package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/internal/gitrepo"
	"github.com/pertask/pertask/internal/tree"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/verdict"
)

// localFlags name a change of a local repository.
type localFlags struct {
	dir, base, head, suite, format, out string
}

func (f *localFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&f.dir, "repo", ".", "`dir` of the repository")
	fs.StringVar(&f.base, "base", "", "`ref` of the base branch, such as main")
	fs.StringVar(&f.head, "head", "HEAD", "`ref` of the head")
	fs.StringVar(&f.suite, "suite", "", "`name` of the suite; needed when the configuration has several")
	fs.StringVar(&f.format, "format", "term", "`form` of the report: "+formats)
}

func (f *localFlags) check() error {
	if f.base == "" {
		return usagef("--base must name the base branch, such as --base main")
	}
	return checkFormat(f.format)
}

// change is a change of a local repository, read from git's objects only.
type change struct {
	opts    compare.Options
	source  *tree.Tree // the base's
	watches []arm.Watch
	config  *config.Config
}

// load reads the configuration and the suite at the base, and the settings at base, merge base and head.
func (f *localFlags) load(a app) (*change, error) {
	repo, err := gitrepo.Open(a.ctx, f.dir)
	if err != nil {
		return nil, err
	}
	c := &change{}
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
	pair, err := readPair(repo, commits, c.watches)
	if err != nil {
		return nil, err
	}
	c.opts = compare.Options{Pair: pair, Policy: c.config.Verdict, Looks: []int{c.config.Run.MaxTrials}, Seed: c.config.Run.Seed,
		Budget: c.config.Run.Budget, Commits: commits, Version: version(), Findings: compare.Findings(pair), Now: time.Now,
		Pricing: price.Pricing{Book: price.Embedded(), At: time.Now().UTC(), Discounts: c.config.Prices.Discounts}}
	if len(c.config.Suites) > 0 {
		c.opts.Suite, err = f.loadSuite(c)
	}
	return c, err
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

// readPair reads the settings of both sides, and looks for model ids elsewhere in the diff.
func readPair(repo *gitrepo.Repo, commits report.Commits, watches []arm.Watch) (arm.Pair, error) {
	var trees arm.Trees
	for _, t := range []struct {
		to  *fs.FS
		sha string
	}{{&trees.Base, commits.Base}, {&trees.MergeBase, commits.MergeBase}, {&trees.Head, commits.Head}} {
		tr, err := repo.Tree(t.sha)
		if err != nil {
			return arm.Pair{}, err
		}
		*t.to = tr
	}
	diffs, err := repo.Diff(commits.MergeBase, commits.Head)
	if err != nil {
		return arm.Pair{}, err
	}
	trees.Renames = map[string]string{}
	for _, d := range diffs {
		if d.PreviousPath != "" {
			trees.Renames[d.Path] = d.PreviousPath
		}
	}
	pair, err := arm.Compare(trees, watches)
	if err != nil {
		return arm.Pair{}, err
	}
	pair.Findings = append(pair.Findings, arm.ModelsOutside(diffs, watches, price.Embedded().Models())...)
	return pair, nil
}

func (f *localFlags) loadSuite(c *change) (*suite.Suite, error) {
	var names []string
	for _, cs := range c.config.Suites {
		if cs.Name == f.suite || f.suite == "" && len(c.config.Suites) == 1 {
			su, err := suite.Load(c.source, cs.Path)
			if err == nil && cs.Name != "" {
				su.Name = cs.Name
			}
			return su, err
		}
		names = append(names, cs.Name)
	}
	return nil, usagef("--suite must name one of the configured suites: %q", names)
}

// nothing returns a report when there is nothing to measure.
func (c *change) nothing() *report.Report {
	switch {
	case c.opts.Pair.Changed() && c.opts.Suite == nil:
		return c.opts.NotMeasured(verdict.Finding{Code: "no-suite", Text: "No task suite is configured, so there is nothing to measure with."},
			fmt.Sprintf("Write a suite and name it under `suite` in `%s`; docs/config.md shows both.", config.Path))
	case c.opts.Pair.Changed():
		return nil
	case len(c.opts.Findings) > 0:
		return c.opts.NotMeasured(c.opts.Findings[0],
			fmt.Sprintf("Name the file under `models` in `%s` to have such changes measured.", config.Path))
	}
	return c.opts.NothingChanged()
}
