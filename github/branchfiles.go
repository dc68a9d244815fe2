package github

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

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

// fewFiles is up to how many files are read one by one. More are read from an archive of the commit, which is one request.
const fewFiles = 10

// maxArchive bounds what is read of an archive, in bytes before it was compressed.
const maxArchive = 1 << 30

// Read hands the contents of files of a commit to a function, in any order, and checks that they are the ones with their
// ids. A file above MaxFile is an error. It takes a request for each file, or one or two for all of many.
func (b BranchFiles) Read(ctx context.Context, commit string, files []BranchFile, each func(BranchFile, []byte) error) error {
	missing := map[string]BranchFile{}
	for _, f := range files {
		missing[f.Path] = f
	}
	if len(files) > fewFiles {
		if err := b.unpack(ctx, commit, missing, each); err != nil {
			return err
		}
	}
	for _, f := range files { // and those that an archive lacks, as the branch's own attributes may say
		if _, is := missing[f.Path]; !is {
			continue
		}
		data, err := b.Content(ctx, f)
		if err == nil {
			err = each(f, data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unpack hands over the files that an archive of the commit has as they are, and takes them out of those that are missing.
// Where the archive ends early, or has more than is read, they stay missing.
func (b BranchFiles) unpack(ctx context.Context, commit string, missing map[string]BranchFile, each func(BranchFile, []byte) error) error {
	body, err := b.c.Archive(ctx, b.repo, commit)
	if err != nil {
		return err
	}
	defer body.Close()
	plain, err := gzip.NewReader(body)
	if err != nil {
		return context.Cause(ctx)
	}
	in := tar.NewReader(io.LimitReader(plain, maxArchive))
	for {
		h, err := in.Next()
		if err != nil {
			return context.Cause(ctx)
		}
		_, name, _ := strings.Cut(h.Name, "/") // below the folder that GitHub chooses
		f, wanted := missing[name]
		if !wanted || h.Typeflag != tar.TypeReg || h.Size > MaxFile {
			continue
		}
		data, err := io.ReadAll(in)
		if err != nil {
			return context.Cause(ctx)
		}
		if blobID(data, len(f.ID)) != f.ID {
			continue
		}
		delete(missing, name)
		if err := each(f, data); err != nil {
			return err
		}
	}
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
