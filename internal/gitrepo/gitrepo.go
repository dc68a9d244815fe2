// Package gitrepo reads commits of a local repository with the git program.
//
// It knows revisions, trees and diffs. It reads git's objects only: never the work tree, which on a pull
// request is its author's, and it runs no hook, filter, text conversion or external diff.
package gitrepo

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/pertask/pertask/internal/tree"
)

// Repo is a local repository. It is safe for concurrent use.
type Repo struct {
	dir string
	ctx context.Context
	mu  sync.Mutex // one content is read at a time
}

// Open returns the repository that dir lies in. The context bounds every command.
func Open(ctx context.Context, dir string) (*Repo, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return nil, fmt.Errorf("looking for git: it is not on the PATH; install git, or pass recorded trials to \"pertask analyze\"")
	}
	r := &Repo{dir: dir, ctx: ctx}
	if _, err := r.git("rev-parse", "--git-dir"); err != nil {
		return nil, fmt.Errorf("opening %s: not a git repository", dir)
	}
	return r, nil
}

// Folders returns the absolute paths of the work tree and of the folder with git's objects, which linked work trees share.
func (r *Repo) Folders() ([]string, error) {
	var out []string
	for _, what := range []string{"--show-toplevel", "--git-common-dir"} {
		text, err := r.git("rev-parse", "--path-format=absolute", what)
		if err != nil && what == "--show-toplevel" {
			continue // a bare repository has none
		}
		if err != nil {
			return nil, fmt.Errorf("finding the folders of repository %q: %w", r.dir, err)
		}
		out = append(out, strings.TrimSuffix(string(text), "\n"))
	}
	return out, nil
}

// git runs git with a clean configuration as far as it could run programs, and returns its standard output.
func (r *Repo) git(args ...string) ([]byte, error) {
	full := append([]string{"-C", r.dir, "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-replace-objects", "--literal-pathspecs"}, args...)
	cmd := exec.CommandContext(r.ctx, "git", full...)
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C", "GIT_EXTERNAL_DIFF=")
	var out, msg bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &msg
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("running git %s: %w: %.300s", args[0], err, strings.TrimSpace(msg.String()))
	}
	return out.Bytes(), nil
}

// Resolve returns the commit that a revision names, such as "main" or "HEAD~1".
func (r *Repo) Resolve(revision string) (sha string, err error) {
	if strings.HasPrefix(revision, "-") || revision == "" {
		return "", fmt.Errorf("%q is not a revision; give a branch, a tag or a commit", revision)
	}
	out, err := r.git("rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("%q is not a commit of this repository; give a branch, a tag or a commit that was fetched", revision)
	}
	return strings.TrimSpace(string(out)), nil
}

// MergeBase returns the best common ancestor of two commits.
func (r *Repo) MergeBase(a, b string) (string, error) {
	out, err := r.git("merge-base", a, b)
	if err != nil {
		return "", fmt.Errorf("finding the merge base of %.12s and %.12s: they have no common history here; fetch with full depth", a, b)
	}
	return strings.TrimSpace(string(out)), nil
}

// Tree returns the files of a commit. Contents are read when a file is opened.
func (r *Repo) Tree(sha string) (*tree.Tree, error) {
	out, err := r.git("ls-tree", "-r", "-z", "--long", "--full-tree", sha)
	if err != nil {
		return nil, fmt.Errorf("reading the tree of %.12s: %w", sha, err)
	}
	t := tree.New()
	for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if line == "" {
			continue
		}
		if err := r.add(t, line); err != nil {
			return nil, fmt.Errorf("reading the tree of %.12s: %w", sha, err)
		}
	}
	return t, nil
}

// add adds one line of ls-tree: "<mode> <type> <object> <size>\t<path>". Submodules are left out: their files
// are not in this repository.
func (r *Repo) add(t *tree.Tree, line string) error {
	meta, name, ok := strings.Cut(line, "\t")
	f := strings.Fields(meta)
	if !ok || len(f) != 4 {
		return fmt.Errorf("git ls-tree answered %.80q", line)
	}
	if !utf8.ValidString(name) {
		return nil // no configuration can name it
	}
	mode := fs.FileMode(0o644)
	switch f[0] {
	case "160000":
		return nil
	case "120000":
		mode = fs.ModeSymlink | 0o777
	case "100755":
		mode = 0o755
	}
	size, err := strconv.ParseInt(f[3], 10, 64)
	if err != nil {
		return fmt.Errorf("git ls-tree answered %.80q", line)
	}
	object := f[2]
	return t.Add(name, mode, size, func() ([]byte, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.git("cat-file", "blob", object)
	})
}
