package github

import (
	"context"
	"fmt"

	gogithub "github.com/google/go-github/v62/github"

	"github.com/pertask/pertask/github/wire"
)

// File is one file that a pull request changes.
type File struct {
	Path         string
	PreviousPath string // of a renamed or copied file
	Status       string // added, removed, modified, renamed, copied, changed or unchanged
	Patch        string // unified diff; "" when GitHub leaves it out (binary, too large)
	Changes      int    // lines added and removed, also where the patch is left out; 0 of a binary file
	SHA          string // of the blob at the head; of the removed one for a removed file
}

// maxFiles is where GitHub's list of a pull request's files ends.
const maxFiles = 3000

// Files lists what a pull request changes, against its merge base. Truncated says that GitHub's list ended
// at its limit of 3,000 files, so that a file that is missing may still have changed.
func (c *Client) Files(ctx context.Context, repo Repo, pull int) (files []File, truncated bool, err error) {
	fail := func(err error) ([]File, bool, error) {
		return nil, false, c.wrap(err, "pull-requests: read", "listing files of %s#%d", repo, pull)
	}
	if !repo.valid() {
		return fail(errRepo)
	}
	opt := &gogithub.ListOptions{PerPage: 100, Page: 1}
	for opt.Page != 0 {
		page, resp, err := c.rest.PullRequests.ListFiles(ctx, repo.Owner, repo.Name, pull, opt)
		if err != nil {
			return fail(err)
		}
		for _, f := range page {
			files = append(files, File{
				Path: f.GetFilename(), PreviousPath: f.GetPreviousFilename(), Status: f.GetStatus(),
				Patch: f.GetPatch(), Changes: f.GetChanges(), SHA: f.GetSHA(),
			})
		}
		if resp.NextPage != 0 && resp.NextPage <= opt.Page {
			return fail(fmt.Errorf("page %d is followed by page %d", opt.Page, resp.NextPage))
		}
		opt.Page = resp.NextPage
	}
	return files, len(files) >= maxFiles, nil
}

// MergeBase returns the commit at which head left base. Both are object ids, names of branches, or
// "owner:branch" of a fork in the same network.
func (c *Client) MergeBase(ctx context.Context, repo Repo, base, head string) (string, error) {
	fail := func(err error) (string, error) {
		return "", c.wrap(err, "contents: read", "reading merge base of %s and %s in %s", wire.Clip(base, 60), wire.Clip(head, 60), repo)
	}
	if !repo.valid() {
		return fail(errRepo)
	}
	if base == "" || head == "" {
		return fail(fmt.Errorf("base %q and head %q must not be empty", base, head))
	}
	cmp, _, err := c.rest.Repositories.CompareCommits(ctx, repo.Owner, repo.Name, base, head, &gogithub.ListOptions{PerPage: 1})
	if err != nil {
		return fail(err)
	}
	sha := cmp.GetMergeBaseCommit().GetSHA()
	if !IsSHA(sha) {
		return fail(fmt.Errorf("bad object id %q", wire.Clip(sha, 80)))
	}
	return sha, nil
}

// CanWrite reports whether a person may write to the repository: GitHub's permission is write, maintain or
// admin. An association such as MEMBER, which comments carry, says nothing about that.
func (c *Client) CanWrite(ctx context.Context, repo Repo, login string) (bool, error) {
	fail := func(err error) (bool, error) {
		return false, c.wrap(err, "metadata: read", "reading permission of %s on %s", wire.Clip(login, 60), repo)
	}
	if !repo.valid() {
		return fail(errRepo)
	}
	if !repoWord(login) { // a bot's has brackets
		return fail(fmt.Errorf("not the login of a person"))
	}
	level, _, err := c.rest.Repositories.GetPermissionLevel(ctx, repo.Owner, repo.Name, login)
	if isNotFound(err) {
		return false, nil
	}
	if err != nil {
		return fail(err)
	}
	p := level.GetPermission() // admin, write, read or none; maintain is given as write
	return p == "admin" || p == "write", nil
}
