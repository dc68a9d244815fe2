package repostore

import (
	"maps"

	"github.com/pertask/pertask/github/githubtest/body"
	"github.com/pertask/pertask/github/githubtest/gitstore"
)

// The limits of lists. Source: GitHub's documentation of "List pull requests files" and "Compare two commits".
const (
	maxFiles   = 3000
	maxCompare = 300
	unpaged    = 250 // commits of a comparison without pages, the latest ones
)

// Changes lists the files that a pull request changes, up to GitHub's limit. It reports false when base and head have no commit
// in common.
func (r *Repo) Changes(p *Pull) ([]gitstore.Change, bool) {
	base, found := r.Git.MergeBase(p.Base, p.Head)
	if !found {
		return nil, false
	}
	all := r.Git.Changes(base, p.Head)
	return all[:min(len(all), maxFiles)], true
}

// FilesJSON lists changed files of a commit.
func (r *Repo) FilesJSON(commit string, all []gitstore.Change) []any {
	out := []any{}
	for _, f := range all {
		out = append(out, body.File(r.FullName, commit, f.Path, f.Previous, f.Status, f.SHA, f.Patch, f.Added, f.Deleted))
	}
	return out
}

// Comparison is what a head has that a base has not. Files says that the files are shown too, and page, when it is not nil, which
// of the commits. It reports false when the two have no commit in common.
func (r *Repo) Comparison(base, head string, files bool, page func(total int) (from, to int)) (map[string]any, bool) {
	mb, found := r.Git.MergeBase(base, head)
	if !found {
		return nil, false
	}
	ahead, behind := r.Git.Log(head, base), r.Git.Log(base, head)
	status := "diverged"
	switch {
	case len(ahead) == 0 && len(behind) == 0:
		status = "identical"
	case len(behind) == 0:
		status = "ahead"
	case len(ahead) == 0:
		status = "behind"
	}
	shown := []any{}
	if files {
		all := r.Git.Changes(mb, head)
		shown = r.FilesJSON(head, all[:min(len(all), maxCompare)])
	}
	lo, hi := max(len(ahead)-unpaged, 0), len(ahead)
	if page != nil {
		lo, hi = page(len(ahead))
	}
	commits := []any{}
	for _, id := range ahead[lo:hi] {
		commits = append(commits, r.DB().ShownJSON(id))
	}
	out := body.Comparison(r.FullName, base, head)
	maps.Copy(out, map[string]any{
		"status": status, "ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead), "commits": commits, "files": shown,
		"merge_base_commit": r.DB().ShownJSON(mb), "base_commit": r.DB().ShownJSON(base),
	})
	return out, true
}
