package github

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pertask/pertask/github/branch"
	"github.com/pertask/pertask/github/repository"
	"github.com/pertask/pertask/github/wire"
)

// Repository is what a repository is.
type Repository = repository.Repository

// BranchRules are what a branch demands of a pull request into it.
type BranchRules = repository.Rules

// RequiredCheck is a check run or status that a branch requires.
type RequiredCheck = repository.Check

// Repository reads what a repository is and what the token may do there.
func (c *Client) Repository(ctx context.Context, repo Repo) (Repository, error) {
	out, err := Repository{}, errRepo
	if repo.valid() {
		out, err = repository.Read(ctx, c.calls, repo.String())
	}
	return out, c.wrap(err, "metadata: read", "reading repository %s", repo)
}

// BranchRules reads what a branch demands, of rulesets and of its own protection. It needs no more than read
// permissions.
func (c *Client) BranchRules(ctx context.Context, repo Repo, branch string) (BranchRules, error) {
	out, err := BranchRules{}, errRepo
	if repo.valid() {
		out, err = repository.RulesOf(ctx, c.calls, repo.String(), branch)
	}
	return out, c.wrap(err, "contents: read", "reading rules of branch %q of %s", wire.Clip(branch, 80), repo)
}

// RepoFile returns a file at a branch, a tag or an object id. One that is not there is fs.ErrNotExist; a
// symbolic link and one above MaxFile are errors.
func (c *Client) RepoFile(ctx context.Context, repo Repo, ref, path string) ([]byte, error) {
	data, err := c.repoFile(ctx, repo, ref, path)
	return data, c.wrap(err, "contents: read", "reading %s of %s at %s", wire.Clip(path, 200), repo, wire.Clip(ref, 80))
}

func (c *Client) repoFile(ctx context.Context, repo Repo, ref, path string) ([]byte, error) {
	if !repo.valid() {
		return nil, errRepo
	}
	sha, err := repository.Commit(ctx, c.calls, repo.String(), ref)
	if err != nil {
		return nil, err
	}
	files, err := c.readBlobs(ctx, repo, sha, []string{path})
	if err != nil {
		return nil, err
	}
	info, err := files.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("it is no file but %s", info.Mode())
	}
	return fs.ReadFile(files, path)
}

// git is the branch store of a repository.
func (c *Client) git(repo Repo) branch.REST {
	return branch.REST{Calls: c.calls, Repo: repo.String(), File: func(ctx context.Context, commit, path string) ([]byte, error) {
		data, err := c.repoFile(ctx, repo, commit, path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return data, err
	}}
}

// ReadBranch returns a file on a branch and the commit that it was read at, "" when there is no such branch.
// The file is nil when it is not there.
func (c *Client) ReadBranch(ctx context.Context, repo Repo, name, path string) (data []byte, version string, err error) {
	err = errRepo
	if repo.valid() {
		data, version, err = branch.Read(ctx, c.git(repo), name, path)
	}
	return data, version, c.wrap(err, "contents: read", "reading %s on branch %q of %s", wire.Clip(path, 200), wire.Clip(name, 80), repo)
}

// AppendBranch adds a line at the end of a file on a branch that shares no history with the code, and makes both
// when they are not there. Several processes may do so at once. A line that the file has already is not added
// again, so an AppendBranch whose outcome is not known can be repeated: a line holds what makes it different,
// such as a time. It needs the permission "contents: write" and no other.
func (c *Client) AppendBranch(ctx context.Context, repo Repo, name, path, line, message string) error {
	err := errRepo
	if repo.valid() {
		err = branch.Append(ctx, c.git(repo), branch.Line{
			Branch: name, Path: path, Text: c.redact(line), Message: c.redact(message),
		}, c.sleep)
	}
	return c.wrap(err, "contents: write", "adding to %s on branch %q of %s", wire.Clip(path, 200), wire.Clip(name, 80), repo)
}
