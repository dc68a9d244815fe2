// Package pull reads pull requests, and what stands between two commits.
//
// It knows GitHub's resources of them: fields, pages, limits of lists, and which of the fields must be well formed.
// It refuses to know credentials and patience, which package wire has, and what is done about any of it. Everything
// that it returns is written by the author of the pull request, object ids and numbers apart.
package pull

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/pertask/pertask/github/wire"
)

// Pull is a pull request as it is now.
type Pull struct {
	Number   int
	BaseSHA  string // tip of the base branch
	BaseRef  string // branch, such as "main"
	HeadSHA  string
	HeadRef  string
	HeadRepo string // "owner/name"; "" when the fork was deleted
	// Fork says that the head is in another repository. It is true when that is not known.
	Fork   bool
	Draft  bool
	Merged bool
	State  string // open or closed
	Author string // login
	Labels []string
	// Mergeable is nil while GitHub has not found out, which it begins to when it is asked.
	Mergeable *bool
	// Conflicts says that GitHub has found the pull request to conflict with its base. No workflow of the
	// event pull_request runs then.
	Conflicts bool
}

type userJSON struct{ Login string }

type sideJSON struct {
	SHA  string
	Ref  string
	Repo *struct {
		ID       int64
		FullName string `json:"full_name"`
	}
}

type pullJSON struct {
	Number    int
	State     string
	Draft     bool
	Merged    bool
	Mergeable *bool
	User      *userJSON
	Labels    []struct{ Name string }
	Base      sideJSON
	Head      sideJSON
	MergeInfo string `json:"mergeable_state"`
}

// Get reads a pull request of the repository "owner/name". It is one request, and one that GitHub does not
// count when nothing has changed since the last.
func Get(ctx context.Context, c *wire.Caller, repo string, number int) (Pull, error) {
	if number <= 0 {
		return Pull{}, fmt.Errorf("%d is not the number of a pull request", number)
	}
	var j pullJSON
	if _, err := c.Do(ctx, wire.Call{Path: "repos/" + repo + "/pulls/" + strconv.Itoa(number), Out: &j, Poll: true}); err != nil {
		return Pull{}, err
	}
	p := j.pull()
	if p.Number != number || !wire.IsSHA(p.HeadSHA) || !wire.IsSHA(p.BaseSHA) {
		return Pull{}, fmt.Errorf("the answer is number %d with base %q and head %q", p.Number, wire.Clip(p.BaseSHA, 80), wire.Clip(p.HeadSHA, 80))
	}
	return p, nil
}

func (j pullJSON) pull() Pull {
	p := Pull{
		Number: j.Number, BaseSHA: j.Base.SHA, BaseRef: j.Base.Ref, HeadSHA: j.Head.SHA, HeadRef: j.Head.Ref,
		Draft: j.Draft, Merged: j.Merged, State: j.State, Mergeable: j.Mergeable,
		Conflicts: j.Mergeable != nil && !*j.Mergeable && (j.MergeInfo == "dirty" || j.MergeInfo == ""),
		Fork:      j.Head.Repo == nil || j.Base.Repo == nil || j.Head.Repo.ID != j.Base.Repo.ID,
	}
	if j.User != nil {
		p.Author = j.User.Login
	}
	if j.Head.Repo != nil {
		p.HeadRepo = j.Head.Repo.FullName
	}
	for _, l := range j.Labels {
		p.Labels = append(p.Labels, l.Name)
	}
	return p
}

// maxOf is the number of pages after which a list is left, each of 100.
const maxOf = 30

// Of lists the numbers of the pull requests of the repository that a commit belongs to, the merged one first
// where GitHub has it so. A commit that GitHub does not know there belongs to none.
func Of(ctx context.Context, c *wire.Caller, repo, sha string) ([]int, error) {
	if !wire.IsSHA(sha) {
		return nil, fmt.Errorf("commit %q must be a full object id", wire.Clip(sha, 80))
	}
	var out []int
	var page []pullJSON
	_, err := c.Pages(ctx, wire.Call{Path: "repos/" + repo + "/commits/" + sha + "/pulls", Out: &page}, maxOf, func(int) {
		for _, p := range page {
			// The list of a fork can name those of its parent.
			if p.Number > 0 && (p.Base.Repo == nil || strings.EqualFold(p.Base.Repo.FullName, repo)) {
				out = append(out, p.Number)
			}
		}
		page = nil
	})
	if wire.NoCommit(err) {
		return nil, nil
	}
	return out, err
}

// File is one file that a pull request changes.
type File struct {
	Path         string
	PreviousPath string // of a renamed or copied file
	Status       string // added, removed, modified, renamed, copied, changed or unchanged
	Patch        string // unified diff; "" when GitHub leaves it out (binary, too large)
	Changes      int    // lines added and removed, also where the patch is left out; 0 of a binary file
	SHA          string // of the blob at the head; of the removed one for a removed file
}

type fileJSON struct {
	Filename string
	Previous string `json:"previous_filename"`
	Status   string
	Patch    string
	Changes  int
	SHA      string
}

func (j fileJSON) file() File {
	return File{Path: j.Filename, PreviousPath: j.Previous, Status: j.Status, Patch: j.Patch, Changes: j.Changes, SHA: j.SHA}
}

const (
	maxFiles    = 3000 // where GitHub's list of a pull request's files ends
	maxCompared = 300  // where its list of the files of a comparison ends
)

// Files lists what a pull request changes, against its merge base. Truncated says that GitHub's list ended at
// its limit of 3,000 files, so that a file that is missing may still have changed.
func Files(ctx context.Context, c *wire.Caller, repo string, number int) (files []File, truncated bool, err error) {
	var page []fileJSON
	call := wire.Call{Path: "repos/" + repo + "/pulls/" + strconv.Itoa(number) + "/files", Out: &page}
	more, err := c.Pages(ctx, call, 2*maxFiles/100, func(int) {
		for _, f := range page {
			files = append(files, f.file())
		}
		page = nil
	})
	if err != nil {
		return nil, false, err
	}
	return files, more || len(files) >= maxFiles, nil
}

type compareJSON struct {
	Files   []fileJSON
	Commits []struct{ SHA string }
	Base    struct{ SHA string } `json:"merge_base_commit"`
}

// Between lists the files that differ between head and the commit at which it left base, and the commits since
// then, in GitHub's order. Truncated says that either is not all: GitHub lists 300 files of a comparison, and
// this lists 3,000 commits.
func Between(ctx context.Context, c *wire.Caller, repo, base, head string) (files []File, commits []string, truncated bool, err error) {
	if !wire.IsSHA(base) || !wire.IsSHA(head) {
		return nil, nil, false, fmt.Errorf("base %q and head %q must be full object ids", wire.Clip(base, 80), wire.Clip(head, 80))
	}
	var page compareJSON
	truncated, err = c.Pages(ctx, wire.Call{Path: comparePath(repo, base, head), Out: &page}, maxOf, func(n int) {
		for _, k := range page.Commits {
			commits = append(commits, k.SHA)
		}
		if n == 1 { // the only one that has them
			for _, f := range page.Files {
				files = append(files, f.file())
			}
		}
		page = compareJSON{}
	})
	if err != nil {
		return nil, nil, false, err
	}
	return files, commits, truncated || len(files) >= maxCompared, nil
}

func comparePath(repo, base, head string) string {
	return "repos/" + repo + "/compare/" + url.PathEscape(base) + "..." + url.PathEscape(head)
}

// MergeBase returns the commit at which head left base. Both are object ids, names of branches, or
// "owner:branch" of a fork in the same network.
func MergeBase(ctx context.Context, c *wire.Caller, repo, base, head string) (string, error) {
	if base == "" || head == "" {
		return "", fmt.Errorf("base %q and head %q must not be empty", base, head)
	}
	var out compareJSON
	if _, err := c.Do(ctx, wire.Call{Path: comparePath(repo, base, head), Query: url.Values{"per_page": {"1"}}, Out: &out}); err != nil {
		return "", err
	}
	if sha := out.Base.SHA; wire.IsSHA(sha) {
		return sha, nil
	}
	return "", fmt.Errorf("bad object id %q", wire.Clip(cmp.Or(out.Base.SHA, "none"), 80))
}
