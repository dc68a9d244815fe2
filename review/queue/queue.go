// Package queue reads what our comments keep on the pull requests of a merge group.
//
// It knows how the pull requests of a group are found and in which order they are asked. It refuses to know what is made of
// what they keep.
package queue

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/review/comment"
	"github.com/pertask/pertask/review/state"
)

// Most bounds how many pull requests of a merge group are asked for a verdict, and how many of its commits.
const Most = 20

// Client is what is asked; *github.Client is one.
type Client interface {
	PullsOf(ctx context.Context, repo github.Repo, sha string) ([]int, error)
	Comments(ctx context.Context, repo github.Repo, pull int) ([]github.Comment, error)
}

// Pull is a pull request of a merge group with what our comment there keeps.
type Pull struct {
	Number int
	State  state.State
}

// Read reads what our comments keep on the pull requests of a group: the one that its branch names first, 0 for none, whose
// comments are known, then those that its commits belong to, oldest first. One without a comment of ours is left out.
func Read(ctx context.Context, c Client, repo github.Repo, named int, known []github.Comment, commits []string, log *slog.Logger) ([]Pull, error) {
	var pulls []int
	if named > 0 {
		pulls = append(pulls, named)
	}
	for _, sha := range commits[max(0, len(commits)-Most):] {
		more, err := c.PullsOf(ctx, repo, sha)
		if err != nil {
			return nil, err
		}
		for _, n := range more {
			if !slices.Contains(pulls, n) {
				pulls = append(pulls, n)
			}
		}
	}
	out := []Pull{}
	for i, n := range pulls[:min(len(pulls), Most)] {
		ours := known
		if i > 0 || named <= 0 {
			var err error
			if ours, err = c.Comments(ctx, repo, n); err != nil {
				return nil, err
			}
		}
		t := comment.Thread{Known: ours}
		latest, there := t.Latest()
		if !there {
			continue
		}
		st, err := state.Decode(latest.Marker.Data)
		if err != nil {
			log.Warn("what our comment keeps", "pull", n, "error", err)
		}
		out = append(out, Pull{n, st})
	}
	return out, nil
}

// Facts reads what the review of a merge group starts from whose branch names no pull request: the configuration at the base.
func Facts(ctx context.Context, c interface {
	Blobs(ctx context.Context, repo github.Repo, sha string, paths []string) (fs.FS, error)
}, repo github.Repo, base, path string) (github.Facts, error) {
	f := github.Facts{ChecksUnknown: true}
	files, err := c.Blobs(ctx, repo, base, []string{path})
	if err != nil {
		return f, err
	}
	f.Config, err = fs.ReadFile(files, path)
	if f.HasConfig = err == nil; f.HasConfig || errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	return f, fmt.Errorf("reading the configuration of the merge group: %w", err)
}
