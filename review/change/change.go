// Package change reads what a pull request or a merge group changes: its files, and the model settings of both sides.
//
// It knows which commits are compared and which files of them are read, and reads no other. It refuses to know what a
// change is worth, and what is posted.
package change

import (
	"context"
	"io/fs"
	"slices"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/review/trigger"
)

// Mistake marks an error as one of whoever wrote the configuration, the suite or the settings.
type Mistake struct{ Err error }

// Error implements error.
func (e *Mistake) Error() string { return e.Err.Error() }

// Unwrap returns what the mistake is.
func (e *Mistake) Unwrap() error { return e.Err }

// Client is what is asked; *github.Client is one.
type Client interface {
	Files(ctx context.Context, repo github.Repo, number int) (files []github.File, truncated bool, err error)
	Between(ctx context.Context, repo github.Repo, baseSHA, headSHA string) (files []github.File, commits []string, truncated bool, err error)
	MergeBase(ctx context.Context, repo github.Repo, base, head string) (string, error)
	Blobs(ctx context.Context, repo github.Repo, sha string, paths []string) (fs.FS, error)
}

// Change is what changes. The zero value changes nothing.
type Change struct {
	Files   []github.File
	Commits []string          // of a merge group
	Renames map[string]string // head path -> merge-base path
	Watches []arm.Watch       // those that the arms were read with
	Pair    arm.Pair
	// MergeBase is "" where the arms were not read, since no watched file is among the changed ones.
	MergeBase string
}

// Read reads it, with the watches of the configuration, none for those that are well known, and the ids of models that are
// known. Trees are read only when a watched file is among the changed ones. Settings that cannot be read are a Mistake.
func Read(ctx context.Context, c Client, t trigger.Trigger, watches []arm.Watch, models []string) (Change, error) {
	watches = Watched(watches)
	var out Change
	truncated, err := out.readFiles(ctx, c, t)
	if err != nil {
		return out, err
	}
	out.Renames = map[string]string{}
	for _, f := range out.Files {
		if f.PreviousPath != "" {
			out.Renames[f.Path] = f.PreviousPath
		}
	}
	var outside []arm.Finding
	if t.Kind != trigger.MergeGroup { // each pull request was told already
		outside = arm.ModelsOutside(out.diffs(), watches, models)
	}
	if out.touches(watches) || truncated {
		out.Watches = fit.Agents(watches, out.Paths())
		pair, err := out.readArms(ctx, c, t, models)
		if err != nil {
			return out, err
		}
		pair.Findings = append(pair.Findings, out.Pair.Findings...)
		out.Pair = pair
	}
	out.Pair.Findings = append(out.Pair.Findings, out.Pair.Outside(outside)...)
	return out, nil
}

// Watched are the watches of a configuration: those that are well known where it has none.
func Watched(watches []arm.Watch) []arm.Watch {
	if len(watches) > 0 {
		return watches
	}
	return arm.WellKnown()
}

// readFiles lists the files that change.
func (c *Change) readFiles(ctx context.Context, client Client, t trigger.Trigger) (truncated bool, err error) {
	if t.Kind == trigger.MergeGroup {
		c.Files, c.Commits, truncated, err = client.Between(ctx, t.Repo, t.BaseSHA, t.HeadSHA)
		return truncated, err
	}
	c.Files, truncated, err = client.Files(ctx, t.Repo, t.Pull)
	if truncated {
		c.Pair.Findings = append(c.Pair.Findings, arm.Finding{Code: "many-files",
			Text: "The pull request changes more files than GitHub lists (3,000), so model ids that change beyond them were not seen."})
	}
	return truncated, err
}

func (c *Change) diffs() []arm.FileDiff {
	var out []arm.FileDiff
	for _, f := range c.Files {
		out = append(out, arm.FileDiff{Path: f.Path, PreviousPath: f.PreviousPath, Patch: f.Patch, Changes: f.Changes})
	}
	return out
}

func (c *Change) touches(watches []arm.Watch) bool {
	return slices.ContainsFunc(c.Files, func(f github.File) bool {
		return slices.ContainsFunc(watches, func(w arm.Watch) bool { return w.Path == f.Path || w.Path == f.PreviousPath })
	})
}

// readArms reads the watched files, and nothing else, at the three commits.
func (c *Change) readArms(ctx context.Context, client Client, t trigger.Trigger, models []string) (arm.Pair, error) {
	var err error
	if c.MergeBase, err = client.MergeBase(ctx, t.Repo, t.BaseSHA, t.HeadSHA); err != nil {
		return arm.Pair{}, err
	}
	var paths []string
	for _, w := range c.Watches {
		paths = append(paths, w.Path)
		for to, from := range c.Renames {
			if to == w.Path || from == w.Path { // a file moved to a watched place, or away from it
				paths = append(paths, to, from)
			}
		}
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	trees := map[string]fs.FS{}
	for _, sha := range []string{t.BaseSHA, c.MergeBase, t.HeadSHA} {
		if trees[sha] != nil {
			continue
		}
		if trees[sha], err = client.Blobs(ctx, t.Repo, sha, paths); err != nil {
			return arm.Pair{}, err
		}
	}
	pair, err := arm.Compare(arm.Trees{Base: trees[t.BaseSHA], MergeBase: trees[c.MergeBase], Head: trees[t.HeadSHA], Renames: c.Renames, Models: models}, c.Watches)
	if err != nil {
		return arm.Pair{}, &Mistake{err}
	}
	return pair, nil
}

// Paths are the paths that the change touches, also those that it moves files away from.
func (c Change) Paths() []string {
	var out []string
	for _, f := range c.Files {
		out = append(out, f.Path)
		if f.PreviousPath != "" {
			out = append(out, f.PreviousPath)
		}
	}
	return out
}

// Concerns reports whether the settings of one of these files change, by their names at the base. No list is of all files.
func (c Change) Concerns(files []string) bool {
	if len(files) == 0 {
		return true
	}
	return slices.ContainsFunc(c.Pair.Changes, func(x arm.Change) bool {
		path := x.Source.Path
		if from, ok := c.Renames[path]; ok {
			path = from
		}
		return slices.Contains(files, path) || slices.Contains(files, x.Source.Path)
	})
}
