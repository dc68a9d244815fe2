package change

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/internal/tree"
	"github.com/pertask/pertask/review/trigger"
)

// TreeError is about what a commit's tree holds, such as more files than are read, and not about how it is had.
type TreeError struct{ Err error }

// Error implements error.
func (e *TreeError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong with the tree.
func (e *TreeError) Unwrap() error { return e.Err }

// Archiver hands out a commit's whole tree; *github.Client is one.
type Archiver interface {
	Archive(ctx context.Context, repo github.Repo, sha string) (io.ReadCloser, error)
}

// Source is the base's whole tree.
func Source(ctx context.Context, c Archiver, t trigger.Trigger) (*tree.Tree, error) {
	return Tree(ctx, c, t.Repo, t.BaseSHA, tree.Limits{})
}

// Tree is a commit's whole tree, from its tarball.
func Tree(ctx context.Context, c Archiver, repo github.Repo, sha string, limits tree.Limits) (*tree.Tree, error) {
	r, err := c.Archive(ctx, repo, sha)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	from := &watched{Reader: r}
	z, err := gzip.NewReader(from)
	if err != nil {
		return nil, from.about(fmt.Errorf("reading the archive of %s: %w", sha, err))
	}
	t, err := tree.FromTar(z, true, limits)
	if err != nil {
		return nil, from.about(err)
	}
	return t, nil
}

// watched remembers whether reading has failed: an error after that says nothing about what was read.
type watched struct {
	io.Reader
	failed bool
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.failed = w.failed || err != nil && err != io.EOF
	return n, err
}

// about marks an error as one of the tree, unless reading has failed.
func (w *watched) about(err error) error {
	if w.failed {
		return err
	}
	return &TreeError{err}
}
