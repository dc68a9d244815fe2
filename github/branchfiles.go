package github

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/pertask/pertask/github/branch"
	"github.com/pertask/pertask/github/wire"
)

// BranchFile is a file of a commit.
type BranchFile struct {
	Path string
	ID   string // of its content, for Content
	Size int64
}

// BranchFiles reads and writes the files of branches that hold data and no code, several of them in one commit. It is
// safe for concurrent use, also by other processes: a move that is no fast forward is refused. Writing needs the
// permission "contents: write" and no other.
type BranchFiles struct {
	c    *Client
	repo Repo
}

// BranchFiles returns the files of the branches of a repository. It makes no request.
func (c *Client) BranchFiles(repo Repo) BranchFiles { return BranchFiles{c, repo} }

// Ref returns the commit that a branch points at, "" when there is no such branch.
func (b BranchFiles) Ref(ctx context.Context, name string) (commit string, err error) {
	err = errRepo
	if b.repo.valid() {
		commit, err = b.c.git(b.repo).Ref(ctx, name)
	}
	return commit, b.c.wrap(err, "contents: read", "reading branch %q of %s", wire.Clip(name, 80), b.repo)
}

// List returns the regular files of a commit, in the order of their paths.
func (b BranchFiles) List(ctx context.Context, commit string) ([]BranchFile, error) {
	out, err := b.list(ctx, commit)
	return out, b.c.wrap(err, "contents: read", "listing the files of %s at %s", b.repo, wire.Clip(commit, 64))
}

func (b BranchFiles) list(ctx context.Context, commit string) ([]BranchFile, error) {
	if !b.repo.valid() || !IsSHA(commit) {
		return nil, errors.New("a repository and a full object id are needed")
	}
	all, truncated, err := b.c.tree(ctx, b.repo, commit, true)
	if err == nil && truncated {
		err = errors.New("there are more files than GitHub lists")
	}
	if err != nil {
		return nil, err
	}
	var out []BranchFile
	for _, p := range slices.Sorted(maps.Keys(all)) {
		if e := all[p]; e.mode == branch.Regular {
			out = append(out, BranchFile{p, e.sha, e.size})
		}
	}
	return out, nil
}

// Content returns the content of a file, and checks that it is the one with that id. A file above MaxFile is an error.
func (b BranchFiles) Content(ctx context.Context, f BranchFile) (data []byte, err error) {
	switch {
	case !b.repo.valid():
		err = errRepo
	case f.Size > MaxFile:
		err = fmt.Errorf("file has %d bytes, %d are allowed: %w", f.Size, MaxFile, ErrTooLong)
	default:
		data, err = b.c.blob(ctx, b.repo, f.ID)
	}
	return data, b.c.wrap(err, "contents: read", "reading %s of %s", wire.Clip(path.Base(f.Path), 80), b.repo)
}

// Commit makes a commit that differs from its parent in the given files, of which a nil one is taken away, and returns
// the parent when it does not differ. Without a parent, "", it begins a history. Content that holds a secret is refused.
func (b BranchFiles) Commit(ctx context.Context, parent string, files map[string][]byte, message string) (commit string, err error) {
	err = errRepo
	if b.repo.valid() {
		err = b.clean(files)
	}
	if err == nil {
		commit, err = b.c.git(b.repo).CommitFiles(ctx, parent, files, b.c.redact(message))
	}
	return commit, b.c.wrap(err, "contents: write", "writing a commit of %s", b.repo)
}

// clean refuses content that would be shown with something hidden.
func (b BranchFiles) clean(files map[string][]byte) error {
	for p, data := range files {
		if b.c.redact(string(data)) != string(data) {
			return fmt.Errorf("%s holds a secret", wire.Clip(p, 200))
		}
	}
	return nil
}

// Move points a branch at a commit, and makes the branch when from is "". It fails when the branch has left from.
func (b BranchFiles) Move(ctx context.Context, name, from, to string) error {
	err := errRepo
	if b.repo.valid() {
		err = b.c.git(b.repo).Move(ctx, name, from, to)
	}
	return b.c.wrap(err, "contents: write", "moving branch %q of %s", wire.Clip(name, 80), b.repo)
}
