package github

import (
	"context"

	"github.com/pertask/pertask/github/pull"
	"github.com/pertask/pertask/github/wire"
)

// File is one file that a pull request changes.
type File = pull.File

// Pull is a pull request as it is now.
type Pull = pull.Pull

// Pull reads a pull request, in one request that GitHub does not count when nothing has changed.
func (c *Client) Pull(ctx context.Context, repo Repo, number int) (Pull, error) {
	p, err := Pull{}, errRepo
	if repo.valid() {
		p, err = pull.Get(ctx, c.calls, repo.String(), number)
	}
	return p, c.wrap(err, "pull-requests: read", "reading pull request %s#%d", repo, number)
}

// HeadOf returns the head of a pull request as it is now. It is Pull, and as cheap: made to be asked often.
func (c *Client) HeadOf(ctx context.Context, repo Repo, number int) (string, error) {
	p, err := c.Pull(ctx, repo, number)
	return p.HeadSHA, err
}

// PullsOf lists the numbers of the pull requests of the repository that a commit belongs to. A commit that
// GitHub does not know there belongs to none.
func (c *Client) PullsOf(ctx context.Context, repo Repo, sha string) ([]int, error) {
	var out []int
	err := errRepo
	if repo.valid() {
		out, err = pull.Of(ctx, c.calls, repo.String(), sha)
	}
	return out, c.wrap(err, "pull-requests: read", "listing pull requests of %s in %s", wire.Clip(sha, 64), repo)
}

// Files lists what a pull request changes, against its merge base. Truncated says that GitHub's list ended
// at its limit of 3,000 files, so that a file that is missing may still have changed.
func (c *Client) Files(ctx context.Context, repo Repo, number int) (files []File, truncated bool, err error) {
	err = errRepo
	if repo.valid() {
		files, truncated, err = pull.Files(ctx, c.calls, repo.String(), number)
	}
	return files, truncated, c.wrap(err, "pull-requests: read", "listing files of %s#%d", repo, number)
}

// Between lists the files that differ between head and the commit at which it left base, and the object ids of
// the commits since then. Truncated says that either is not all: GitHub lists 300 files of a comparison, and
// of commits the first 3,000 are read.
func (c *Client) Between(ctx context.Context, repo Repo, baseSHA, headSHA string) (files []File, commits []string, truncated bool, err error) {
	err = errRepo
	if repo.valid() {
		files, commits, truncated, err = pull.Between(ctx, c.calls, repo.String(), baseSHA, headSHA)
	}
	return files, commits, truncated, c.wrap(err, "contents: read", "comparing %s with %s in %s", wire.Clip(baseSHA, 64), wire.Clip(headSHA, 64), repo)
}

// MergeBase returns the commit at which head left base. Both are object ids, names of branches, or
// "owner:branch" of a fork in the same network.
func (c *Client) MergeBase(ctx context.Context, repo Repo, base, head string) (string, error) {
	sha, err := "", errRepo
	if repo.valid() {
		sha, err = pull.MergeBase(ctx, c.calls, repo.String(), base, head)
	}
	return sha, c.wrap(err, "contents: read", "reading merge base of %s and %s in %s", wire.Clip(base, 60), wire.Clip(head, 60), repo)
}
