package branch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/pertask/pertask/github/wire"
)

// REST is the Git of a repository of GitHub, by its interface to the objects of git. It needs the permission
// "contents: write" to write.
type REST struct {
	Calls *wire.Caller
	Repo  string // "owner/name"
	// File returns a file of a commit, nil when it is not there.
	File func(ctx context.Context, commit, path string) ([]byte, error)
}

type named struct{ SHA string }

func (g REST) path(rest string) string { return "repos/" + g.Repo + "/git/" + rest }

func escape(branch string) string {
	parts := strings.Split(branch, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

// Ref returns the commit that a branch points at, "" when there is no such branch.
func (g REST) Ref(ctx context.Context, branch string) (string, error) {
	var out struct{ Object named }
	_, err := g.Calls.Do(ctx, wire.Call{Path: g.path("ref/heads/" + escape(branch)), Out: &out, Poll: true})
	if errors.Is(err, wire.ErrNotFound) {
		return "", nil
	}
	return out.Object.id(err, "of branch "+branch)
}

// id returns the object id, or why there is none.
func (n named) id(err error, what string) (string, error) {
	if err != nil {
		return "", err
	}
	if !wire.IsSHA(n.SHA) {
		return "", fmt.Errorf("bad object id %q %s", wire.Clip(n.SHA, 80), wire.Clip(what, 120))
	}
	return n.SHA, nil
}

// Read returns a file of a commit, nil when it is not there.
func (g REST) Read(ctx context.Context, commit, path string) ([]byte, error) {
	return g.File(ctx, commit, path)
}

// Commit makes a commit that differs from its parent in one file. Objects that nothing points at do no harm, so
// it may be repeated.
func (g REST) Commit(ctx context.Context, parent, path string, data []byte, message string) (string, error) {
	_, root, err := g.tree(ctx, parent, map[string][]byte{path: append([]byte{}, data...)})
	if err != nil {
		return "", err
	}
	return g.commit(ctx, parent, root, message)
}

// CommitFiles makes a commit that differs from its parent in several files, of which a nil one is taken away. It
// returns the parent when there is no difference, as when the same was committed before.
func (g REST) CommitFiles(ctx context.Context, parent string, files map[string][]byte, message string) (string, error) {
	base, root, err := g.tree(ctx, parent, files)
	if err != nil {
		return "", err
	}
	if root == base {
		return parent, nil
	}
	return g.commit(ctx, parent, root, message)
}

// Regular is the mode of the files that are written.
const Regular = "100644"

// tree makes a tree of that of a commit, and returns both.
func (g REST) tree(ctx context.Context, parent string, files map[string][]byte) (base, root string, err error) {
	entries := []any{}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		e := map[string]any{"path": path, "mode": Regular, "type": "blob"}
		if data := files[path]; data != nil {
			e["content"] = string(data)
		} else {
			e["sha"] = nil
		}
		entries = append(entries, e)
	}
	in := map[string]any{"tree": entries}
	if parent != "" {
		var at struct{ Tree named }
		_, err := g.Calls.Do(ctx, wire.Call{Path: g.path("commits/" + parent), Out: &at})
		if base, err = at.Tree.id(err, "of a tree"); err != nil {
			return "", "", err
		}
		in["base_tree"] = base
	}
	var made named
	_, err = g.Calls.Do(ctx, wire.Call{Method: "POST", Path: g.path("trees"), In: in, Out: &made, Again: true})
	root, err = made.id(err, "of a new tree")
	return base, root, err
}

func (g REST) commit(ctx context.Context, parent, root, message string) (string, error) {
	parents := []string{}
	if parent != "" {
		parents = append(parents, parent)
	}
	var made named
	in := map[string]any{"message": message, "tree": root, "parents": parents}
	_, err := g.Calls.Do(ctx, wire.Call{Method: "POST", Path: g.path("commits"), In: in, Out: &made, Again: true})
	return made.id(err, "of a new commit")
}

// Move points a branch at a commit, and makes the branch when from is "". GitHub moves it only forward, so that
// a branch that has left from is refused.
func (g REST) Move(ctx context.Context, branch, from, to string) error {
	if from == "" {
		in := map[string]string{"ref": "refs/heads/" + branch, "sha": to}
		_, err := g.Calls.Do(ctx, wire.Call{Method: "POST", Path: g.path("refs"), In: in})
		return err
	}
	in := map[string]any{"sha": to, "force": false}
	_, err := g.Calls.Do(ctx, wire.Call{Method: "PATCH", Path: g.path("refs/heads/" + escape(branch)), In: in})
	return err
}
