// Package newrepo makes git repositories, to show something with.
//
// It knows commits and branches, and runs git without the user's configuration: hooks, signing and templates have no
// place in it. It refuses to know what the files are, and to touch a repository that it has not made.
package newrepo

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Repo is a repository with a work tree.
type Repo struct{ dir string }

// Init makes a repository in an empty folder. It has no commit yet; its branch is main.
func Init(ctx context.Context, dir string) (Repo, error) {
	r := Repo{dir}
	if err := r.git(ctx, "init", "-q"); err != nil {
		return r, err
	}
	return r, r.git(ctx, "symbolic-ref", "HEAD", "refs/heads/main")
}

// At is a repository that Init has made in a folder.
func At(dir string) Repo { return Repo{dir} }

// Branch starts a branch at the commit that is checked out, and checks it out.
func (r Repo) Branch(ctx context.Context, name string) error {
	return r.git(ctx, "checkout", "-q", "-b", name)
}

// Checkout checks a branch out.
func (r Repo) Checkout(ctx context.Context, name string) error {
	return r.git(ctx, "checkout", "-q", name)
}

// Commit writes files into the work tree, by their paths with slashes, and commits all that is there.
func (r Repo) Commit(ctx context.Context, files map[string]string, message string) error {
	for name, text := range files {
		path := filepath.Join(r.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := r.git(ctx, "add", "--all"); err != nil {
		return err
	}
	return r.git(ctx, "commit", "-q", "-m", message)
}

func (r Repo) git(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull, "GIT_TEMPLATE_DIR=", "GIT_DIR="+filepath.Join(r.dir, ".git"), "GIT_WORK_TREE="+r.dir,
		"GIT_AUTHOR_NAME=pertask demo", "GIT_AUTHOR_EMAIL=demo@pertask.invalid", "GIT_COMMITTER_NAME=pertask demo", "GIT_COMMITTER_EMAIL=demo@pertask.invalid")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("running git %s: %w: %.300s", args[0], err, out)
	}
	return nil
}
