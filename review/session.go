package review

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/internal/tree"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// session is the state of one review.
type session struct {
	*Reviewer
	trigger Trigger
	sink    Sink
	// started orders the comments of several processes: a later one's is not overwritten by an earlier one's.
	started time.Time
	// journals are those that are open, by evidence key.
	journals map[string]openJournal
	// lost is what a suite has spent that came to no end; unknown while one is measured.
	lost   price.Amount
	facts  github.Facts
	config *config.Config
	prices price.Pricing // by the configuration; the instant is set where a comparison begins
	// configErr is a mistake in the configuration, found before anything was posted.
	configErr error
	check     *Check // nil when none could be created
	files     []github.File
	narrowed  []arm.Watch       // the watches that the arms were read with
	renames   map[string]string // head path -> merge-base path
	pair      arm.Pair
	mergeBase string
	findings  []verdict.Finding
}

// open reads the facts and the configuration and creates the check run.
func (s *session) open(ctx context.Context) error {
	var err error
	t := s.trigger
	if s.facts, err = s.GitHub.Facts(ctx, t.Repo, t.Pull, t.BaseSHA, t.HeadSHA, s.ConfigPath); err != nil {
		return err
	}
	s.config = config.Default()
	if !s.facts.HasConfig && s.ConfigPath != config.Path {
		s.configErr = fmt.Errorf("%s: no such file at the base; the input config names a configuration there", s.ConfigPath)
	}
	if s.facts.HasConfig {
		c, err := loadConfig(s.facts.Config, s.ConfigPath)
		if err != nil {
			s.configErr = err
		} else {
			s.config = c
		}
	}
	if s.prices, err = s.config.Prices.Pricing(s.Book, s.Now()); err != nil {
		s.configErr = fmt.Errorf("%s: %w", s.ConfigPath, err)
	}
	return s.openCheck(ctx)
}

func loadConfig(text []byte, path string) (*config.Config, error) {
	t := tree.New()
	if err := t.Add(path, 0o644, int64(len(text)), func() ([]byte, error) { return bytes.Clone(text), nil }); err != nil {
		return nil, err
	}
	return config.Load(t, path)
}

// openCheck creates the check run at once, in progress. Where the token may not, the review goes on without.
func (s *session) openCheck(ctx context.Context) error {
	c := Check{Name: s.config.Run.CheckName, HeadSHA: s.trigger.HeadSHA}
	var err error
	c.ID, err = s.GitHub.CreateCheck(ctx, s.trigger.Repo, github.CheckRun{Name: c.Name, HeadSHA: c.HeadSHA, Status: "in_progress",
		Title: "Looking for changed model settings", Summary: "pertask looks whether this pull request changes a model setting."})
	switch {
	case errors.Is(err, github.ErrPermission):
		if !s.trigger.Fork { // a fork's token reads only, whatever the workflow says
			s.findings = append(s.findings, permission("check run", "checks: write"))
		}
		return nil
	case err != nil:
		return err
	}
	s.check = &c
	if err := s.sink.Opened(c); err != nil {
		s.Log.Warn("remembering the check run", "error", err)
	}
	s.closeStale(ctx)
	return nil
}

func permission(what, scope string) verdict.Finding {
	return verdict.Finding{Code: "permission", Text: fmt.Sprintf("The %s could not be written; give the workflow `%s` under `permissions`.", what, scope)}
}

// closeStale completes check runs of ours that an earlier process left in progress. One that is alive after
// all completes its own again.
func (s *session) closeStale(ctx context.Context) {
	if !s.facts.ChecksUnknown && !slices.ContainsFunc(s.facts.OpenChecks, func(o github.OpenCheck) bool { return o.Name == s.check.Name }) {
		return
	}
	runs, err := s.GitHub.Checks(ctx, s.trigger.Repo, s.check.HeadSHA, s.check.Name)
	if err != nil {
		s.Log.Warn("looking for check runs left open", "error", err)
		return
	}
	for _, run := range runs {
		if run.ID == s.check.ID || run.Status == "completed" {
			continue
		}
		if err := s.GitHub.UpdateCheck(ctx, s.trigger.Repo, run.ID, left(*s.check)); err != nil {
			s.Log.Warn("completing a check run left open", "id", run.ID, "error", err)
		}
	}
}

// options are the comparison's, as far as they are known at this point of the review.
func (s *session) options() compare.Options {
	c := s.config
	pricing := s.prices
	pricing.At = s.Now().UTC()
	return compare.Options{
		Pair: s.pair, Policy: c.Verdict, Budget: c.Run.Budget, Seed: c.Run.Seed,
		Pricing: pricing,
		Commits: report.Commits{Base: s.trigger.BaseSHA, MergeBase: s.mergeBase, Head: s.trigger.HeadSHA,
			Repository: s.trigger.Repo.Owner + "/" + s.trigger.Repo.Name, Pull: s.trigger.Pull},
		Version: s.Version, Findings: append(compare.Findings(s.pair), s.findings...), Now: s.Now,
		Store: s.Store, Tests: s.Tests, ReuseBase: c.Run.ReuseBase, Origin: s.ReportURL,
	}
}

// measure finds out what changed and measures it.
func (s *session) measure(ctx context.Context) ([]*report.Report, error) {
	if s.configErr != nil {
		return nil, &inputError{s.configErr}
	}
	if err := s.compareArms(ctx); err != nil {
		return nil, err
	}
	if r := s.options().Nothing(s.ConfigPath); r != nil {
		return []*report.Report{r}, nil
	}
	return s.measureChange(ctx)
}

// compareArms reads the settings of both sides. Trees are read only when a watched file is among the changed ones.
func (s *session) compareArms(ctx context.Context) error {
	files, truncated, err := s.GitHub.Files(ctx, s.trigger.Repo, s.trigger.Pull)
	if err != nil {
		return err
	}
	s.files = files
	if truncated {
		s.pair.Findings = append(s.pair.Findings, arm.Finding{Code: "many-files",
			Text: "The pull request changes more files than GitHub lists (3,000), so model ids that change beyond them were not seen."})
	}
	s.renames = map[string]string{}
	for _, f := range files {
		if f.PreviousPath != "" {
			s.renames[f.Path] = f.PreviousPath
		}
	}
	watches := s.watches()
	outside := arm.ModelsOutside(s.diffs(), watches, s.Book.Models())
	if s.touches(watches) || truncated {
		s.narrowed = fit.Agents(watches, s.changedPaths())
		pair, err := s.readArms(ctx, s.narrowed)
		if err != nil {
			return err
		}
		pair.Findings = append(pair.Findings, s.pair.Findings...)
		s.pair = pair
	}
	s.pair.Findings = append(s.pair.Findings, s.pair.Outside(outside)...)
	return nil
}

func (s *session) watches() []arm.Watch {
	if len(s.config.Watches) > 0 {
		return s.config.Watches
	}
	return arm.WellKnown()
}

func (s *session) diffs() []arm.FileDiff {
	var out []arm.FileDiff
	for _, f := range s.files {
		out = append(out, arm.FileDiff{Path: f.Path, PreviousPath: f.PreviousPath, Patch: f.Patch, Changes: f.Changes})
	}
	return out
}

func (s *session) touches(watches []arm.Watch) bool {
	return slices.ContainsFunc(s.files, func(f github.File) bool {
		return slices.ContainsFunc(watches, func(w arm.Watch) bool { return w.Path == f.Path || w.Path == f.PreviousPath })
	})
}

// readArms reads the watched files, and nothing else, at the three commits.
func (s *session) readArms(ctx context.Context, watches []arm.Watch) (arm.Pair, error) {
	t := s.trigger
	var err error
	if s.mergeBase, err = s.GitHub.MergeBase(ctx, t.Repo, t.BaseSHA, t.HeadSHA); err != nil {
		return arm.Pair{}, err
	}
	var paths []string
	for _, w := range watches {
		paths = append(paths, w.Path)
		for to, from := range s.renames {
			if to == w.Path || from == w.Path { // a file moved to a watched place, or away from it
				paths = append(paths, to, from)
			}
		}
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	trees := map[string]fs.FS{}
	for _, sha := range []string{t.BaseSHA, s.mergeBase, t.HeadSHA} {
		if trees[sha] != nil {
			continue
		}
		if trees[sha], err = s.GitHub.Blobs(ctx, t.Repo, sha, paths); err != nil {
			return arm.Pair{}, err
		}
	}
	pair, err := arm.Compare(arm.Trees{Base: trees[t.BaseSHA], MergeBase: trees[s.mergeBase], Head: trees[t.HeadSHA], Renames: s.renames, Models: s.Book.Models()}, watches)
	if err != nil {
		return arm.Pair{}, &inputError{err}
	}
	return pair, nil
}

// source is the base's whole tree, from its tarball.
func (s *session) source(ctx context.Context) (*tree.Tree, error) {
	r, err := s.GitHub.Archive(ctx, s.trigger.Repo, s.trigger.BaseSHA)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return untar(r)
}

// changedPaths are the paths that the pull request touches, also those that it moves files away from.
func (s *session) changedPaths() []string {
	var out []string
	for _, f := range s.files {
		out = append(out, f.Path)
		if f.PreviousPath != "" {
			out = append(out, f.PreviousPath)
		}
	}
	return out
}
