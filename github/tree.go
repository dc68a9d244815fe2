package github

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sync"

	"github.com/pertask/pertask/github/wire"
	"github.com/pertask/pertask/internal/tree"
)

// MaxFile is the largest file whose content Blobs reads, in bytes.
const MaxFile = 1 << 20

// walkDirs is the number of directories up to which asking for each is less than asking for the whole tree.
const walkDirs = 6

// gitEntry is one entry of a git tree.
type gitEntry struct {
	mode, sha string
	size      int64
}

// Git's modes of tree entries, as GitHub writes them.
const (
	modeExecutable = "100755"
	modeSymlink    = "120000"
	modeSubmodule  = "160000"
	modeDirectory  = "040000"
)

// Blobs returns the files at the given paths in a commit, and nothing else of it. Paths are slash-separated
// from the root of the repository; one that is missing is simply absent.
//
// Modes are git's: a symbolic link appears with fs.ModeSymlink and is never followed, also where it stands
// in place of a directory on the way to a path; a submodule is irregular. A file above MaxFile appears with
// its size and cannot be read. Directories list only what was asked for. The content of every file is
// checked against its object id.
func (c *Client) Blobs(ctx context.Context, repo Repo, sha string, paths []string) (fs.FS, error) {
	out, err := c.readBlobs(ctx, repo, sha, paths)
	if err != nil {
		return nil, c.wrap(err, "contents: read", "reading files of %s at %s", repo, wire.Clip(sha, 64))
	}
	return out, nil
}

func (c *Client) readBlobs(ctx context.Context, repo Repo, sha string, paths []string) (*tree.Tree, error) {
	if !repo.valid() {
		return nil, errRepo
	}
	if !IsSHA(sha) {
		return nil, fmt.Errorf("commit must be a full object id")
	}
	dirs := map[string]bool{".": true}
	for _, p := range paths {
		if !fs.ValidPath(p) || p == "." {
			return nil, fmt.Errorf("path %q must be slash-separated from the root of the repository", wire.Clip(p, 200))
		}
		for d := path.Dir(p); d != "."; d = path.Dir(d) {
			dirs[d] = true
		}
	}
	out := tree.New()
	if len(paths) == 0 {
		return out, nil
	}
	find, err := c.finder(ctx, repo, sha, len(dirs))
	if err != nil {
		return nil, err
	}
	for _, p := range paths {
		if err := c.addPath(ctx, repo, out, find, p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// addPath adds what stands at p, or the first thing on the way to p that is not a directory.
func (c *Client) addPath(ctx context.Context, repo Repo, out *tree.Tree, find finder, p string) error {
	for i := 0; i <= len(p); i++ {
		if i < len(p) && p[i] != '/' {
			continue
		}
		at := p[:i]
		e, ok, err := find(at)
		if err != nil || !ok {
			return err
		}
		if e.mode == modeDirectory {
			if at == p && !has(out, at) {
				return out.Add(at, fs.ModeDir|0o755, 0, nil)
			}
			continue
		}
		return c.addFile(ctx, repo, out, at, e)
	}
	return nil
}

func has(t *tree.Tree, p string) bool {
	_, err := t.Lstat(p)
	return err == nil
}

// addFile adds the file, link or submodule e. Its content is read now, while there is a context.
func (c *Client) addFile(ctx context.Context, repo Repo, out *tree.Tree, p string, e gitEntry) error {
	if has(out, p) {
		return nil
	}
	mode := fs.FileMode(0o644)
	switch e.mode {
	case modeSubmodule:
		return out.Add(p, fs.ModeIrregular, 0, nil) // cannot be opened
	case modeSymlink:
		mode = fs.ModeSymlink | 0o777
	case modeExecutable:
		mode = 0o755
	}
	if e.size > MaxFile {
		return out.Add(p, mode, e.size, func() ([]byte, error) {
			return nil, fmt.Errorf("file has %d bytes, %d are allowed: %w", e.size, MaxFile, ErrTooLong)
		})
	}
	data, err := c.blob(ctx, repo, e.sha)
	if err != nil {
		return fmt.Errorf("reading %s: %w", wire.Clip(p, 200), err)
	}
	return out.Add(p, mode, int64(len(data)), func() ([]byte, error) { return slices.Clone(data), nil })
}

// finder returns the entry at a path whose parent is a directory.
type finder func(p string) (gitEntry, bool, error)

// finder asks for the whole tree when many directories are wanted, and for each directory when few are, or
// when the whole tree is more than GitHub gives.
func (c *Client) finder(ctx context.Context, repo Repo, sha string, dirs int) (finder, error) {
	if dirs > walkDirs {
		all, truncated, err := c.tree(ctx, repo, sha, true)
		if err != nil {
			return nil, err
		}
		if !truncated {
			return func(p string) (gitEntry, bool, error) { e, ok := all[p]; return e, ok, nil }, nil
		}
	}
	known := map[string]map[string]gitEntry{}
	var find finder
	find = func(p string) (gitEntry, bool, error) {
		dir, id := path.Dir(p), sha
		if dir != "." {
			parent, ok, err := find(dir)
			if err != nil || !ok || parent.mode != modeDirectory {
				return gitEntry{}, false, err
			}
			id = parent.sha
		}
		if known[dir] == nil {
			entries, truncated, err := c.tree(ctx, repo, id, false)
			if err == nil && truncated {
				err = fmt.Errorf("directory %s has more entries than GitHub lists", wire.Clip(dir, 200))
			}
			if err != nil {
				return gitEntry{}, false, err
			}
			known[dir] = entries
		}
		e, ok := known[dir][path.Base(p)]
		return e, ok, nil
	}
	return find, nil
}

func (c *Client) tree(ctx context.Context, repo Repo, sha string, recursive bool) (map[string]gitEntry, bool, error) {
	t, _, err := c.rest.Git.GetTree(ctx, repo.Owner, repo.Name, sha, recursive)
	if err != nil {
		return nil, false, err
	}
	out := make(map[string]gitEntry, len(t.Entries))
	for _, e := range t.Entries {
		mode := e.GetMode()
		if mode == "40000" { // git's own spelling
			mode = modeDirectory
		}
		out[e.GetPath()] = gitEntry{mode: mode, sha: e.GetSHA(), size: int64(e.GetSize())}
	}
	return out, t.GetTruncated(), nil
}

// blob reads a blob and checks that it is the one that was asked for.
func (c *Client) blob(ctx context.Context, repo Repo, sha string) ([]byte, error) {
	key := repo.String() + "@" + sha
	if data, ok := c.blobs.get(key); ok {
		return data, nil
	}
	if !IsSHA(sha) {
		return nil, fmt.Errorf("bad object id %q", wire.Clip(sha, 80))
	}
	data, _, err := c.rest.Git.GetBlobRaw(ctx, repo.Owner, repo.Name, sha)
	if err != nil {
		return nil, err
	}
	if got := blobID(data, len(sha)); got != sha {
		return nil, fmt.Errorf("blob %s has the content of %s", sha, got)
	}
	c.blobs.put(key, data)
	return slices.Clone(data), nil
}

// blobID is git's object id of a blob, in SHA-1 or, for ids of 64 digits, SHA-256.
func blobID(data []byte, digits int) string {
	head := fmt.Appendf(nil, "blob %d\x00", len(data))
	if digits == 64 {
		sum := sha256.Sum256(append(head, data...))
		return hex.EncodeToString(sum[:])
	}
	sum := sha1.Sum(append(head, data...))
	return hex.EncodeToString(sum[:])
}

// blobCache keeps blobs by id: merge base, base and head share most of their files. The zero value is ready.
type blobCache struct {
	mu   sync.Mutex
	size int
	data map[string][]byte
}

const maxBlobCache = 16 << 20

func (b *blobCache) get(key string) ([]byte, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	data, ok := b.data[key]
	return slices.Clone(data), ok
}

func (b *blobCache) put(key string, data []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.data == nil || b.size+len(data) > maxBlobCache {
		b.data, b.size = map[string][]byte{}, 0
	}
	b.data[key] = slices.Clone(data)
	b.size += len(data) + len(key)
}
