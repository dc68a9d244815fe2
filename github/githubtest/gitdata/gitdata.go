// Package gitdata is GitHub's interface to the objects and references of git, over a store of them.
//
// It knows the bodies of requests and answers, and what GitHub refuses. It refuses to know HTTP, tokens and
// permissions.
package gitdata

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/pertask/pertask/github/githubtest/gitstore"
)

// DB is a repository: its objects, and its branches by name.
type DB struct {
	Git      *gitstore.Store
	Branches map[string]string
	URL      string // of the repository, without a slash at the end
}

// Answer is what GitHub answers. With a status of 400 or above, Body is nil and Message says why.
type Answer struct {
	Status  int
	Body    any
	Message string
}

func refuse(status int, format string, args ...any) Answer {
	return Answer{Status: status, Message: fmt.Sprintf(format, args...)}
}

const unprocessable = http.StatusUnprocessableEntity

var badJSON = refuse(http.StatusBadRequest, "Problems parsing JSON")

// Ref answers GET git/ref/{ref}, ref being "heads/" and a branch.
func (d DB) Ref(ref string) Answer {
	branch, isBranch := strings.CutPrefix(ref, "heads/")
	sha := d.Branches[branch]
	if len(d.Branches) == 0 && sha == "" {
		return refuse(http.StatusConflict, "Git Repository is empty.")
	}
	if !isBranch || sha == "" {
		return refuse(http.StatusNotFound, "Not Found")
	}
	return Answer{Status: http.StatusOK, Body: d.ref(branch, sha)}
}

func (d DB) ref(branch, sha string) any {
	return map[string]any{
		"ref": "refs/heads/" + branch, "node_id": "REF_" + branch, "url": d.URL + "/git/refs/heads/" + branch,
		"object": map[string]any{"type": "commit", "sha": sha, "url": d.URL + "/git/commits/" + sha},
	}
}

// CreateRef answers POST git/refs.
func (d DB) CreateRef(body []byte) Answer {
	var in struct{ Ref, SHA string }
	if json.Unmarshal(body, &in) != nil {
		return badJSON
	}
	branch, ok := strings.CutPrefix(in.Ref, "refs/heads/")
	switch {
	case !ok || branch == "":
		return refuse(unprocessable, "Reference name must start with 'refs/' and have at least two slashes.")
	case !d.Git.HasCommit(in.SHA):
		return refuse(unprocessable, "Object does not exist")
	case d.Branches[branch] != "":
		return refuse(unprocessable, "Reference already exists")
	}
	d.Branches[branch] = in.SHA
	return Answer{Status: http.StatusCreated, Body: d.ref(branch, in.SHA)}
}

// UpdateRef answers PATCH git/refs/{ref}.
func (d DB) UpdateRef(ref string, body []byte) Answer {
	var in struct {
		SHA   string
		Force bool
	}
	if json.Unmarshal(body, &in) != nil {
		return badJSON
	}
	branch, ok := strings.CutPrefix(ref, "heads/")
	old := d.Branches[branch]
	switch {
	case !ok || old == "":
		return refuse(unprocessable, "Reference does not exist")
	case !d.Git.HasCommit(in.SHA):
		return refuse(unprocessable, "Object does not exist")
	case !in.Force && !d.Git.Ancestors(in.SHA)[old]:
		return refuse(unprocessable, "Update is not a fast forward")
	}
	d.Branches[branch] = in.SHA
	return Answer{Status: http.StatusOK, Body: d.ref(branch, in.SHA)}
}

// Commit answers GET git/commits/{sha}.
func (d DB) Commit(sha string) Answer {
	if !d.Git.HasCommit(sha) {
		return refuse(http.StatusNotFound, "Not Found")
	}
	return Answer{Status: http.StatusOK, Body: d.CommitJSON(sha)}
}

// CommitJSON is a commit of git in answers.
func (d DB) CommitJSON(sha string) map[string]any {
	tree, _, _ := d.Git.Tree(sha)
	who := map[string]any{"name": "Ada", "email": "ada@example.com", "date": "2026-01-01T00:00:00Z"}
	parents := []any{}
	for _, p := range d.Git.Parents(sha) {
		parents = append(parents, map[string]any{"sha": p, "url": d.URL + "/git/commits/" + p, "html_url": d.URL + "/commit/" + p})
	}
	return map[string]any{
		"sha": sha, "node_id": "C_" + sha, "url": d.URL + "/git/commits/" + sha, "html_url": d.URL + "/commit/" + sha,
		"author": who, "committer": who, "message": d.Git.Message(sha), "parents": parents,
		"tree":         map[string]any{"sha": tree, "url": d.URL + "/git/trees/" + tree},
		"verification": map[string]any{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil},
	}
}

// ShownJSON is a commit of the repository in answers, which holds that of git.
func (d DB) ShownJSON(sha string) map[string]any {
	git := d.CommitJSON(sha)
	inner := map[string]any{"comment_count": 0}
	for _, k := range []string{"author", "committer", "message", "url", "verification"} {
		inner[k] = git[k]
	}
	inner["tree"] = git["tree"]
	return map[string]any{
		"sha": sha, "node_id": git["node_id"], "html_url": git["html_url"], "url": d.URL + "/commits/" + sha,
		"comments_url": d.URL + "/commits/" + sha + "/comments", "commit": inner, "author": nil, "committer": nil, "parents": git["parents"],
	}
}

// CreateCommit answers POST git/commits.
func (d DB) CreateCommit(body []byte) Answer {
	var in struct {
		Message, Tree string
		Parents       []string
	}
	if json.Unmarshal(body, &in) != nil {
		return badJSON
	}
	if in.Message == "" || in.Tree == "" {
		return refuse(unprocessable, "Invalid request.\n\n%s", `"message" and "tree" weren't supplied.`)
	}
	sha, ok := d.Git.CommitTree(in.Tree, in.Parents, in.Message)
	if !ok {
		return refuse(unprocessable, "Tree SHA or a parent does not exist")
	}
	return Answer{Status: http.StatusCreated, Body: d.CommitJSON(sha)}
}

type entry struct {
	Path, Mode, Type string
	SHA, Content     *string
}

// CreateTree answers POST git/trees.
func (d DB) CreateTree(body []byte) Answer {
	var in struct {
		Base string `json:"base_tree"`
		Tree []entry
	}
	if json.Unmarshal(body, &in) != nil {
		return badJSON
	}
	if len(in.Tree) == 0 {
		return refuse(unprocessable, "Invalid tree info")
	}
	files := map[string]gitstore.File{}
	for _, e := range in.Tree {
		if !slices.Contains([]string{gitstore.Regular, gitstore.Executable, gitstore.Symlink}, e.Mode) || e.Type != "blob" ||
			e.Path == "" || strings.HasPrefix(e.Path, "/") {
			return refuse(unprocessable, "tree.path or tree.mode is malformed")
		}
		switch {
		case e.Content != nil && e.SHA != nil:
			return refuse(unprocessable, "Use either tree.sha or tree.content, not both")
		case e.Content != nil:
			files[e.Path] = gitstore.File{Content: *e.Content, Mode: e.Mode}
		case e.SHA == nil:
			files[e.Path] = gitstore.File{}
		default:
			text, ok := d.Git.Blob(*e.SHA)
			if !ok {
				return refuse(unprocessable, "tree.sha %s is not a valid blob", *e.SHA)
			}
			files[e.Path] = gitstore.File{Content: text, Mode: e.Mode}
		}
	}
	sha, ok := d.Git.Graft(in.Base, files)
	if !ok {
		return refuse(unprocessable, "base_tree is not a valid tree oid")
	}
	return Answer{Status: http.StatusCreated, Body: d.TreeJSON(sha)}
}

// TreeJSON is a tree in answers, without what is below its directories.
func (d DB) TreeJSON(id string) map[string]any {
	sha, entries, _ := d.Git.Tree(id)
	out := []any{}
	for _, e := range entries {
		out = append(out, d.EntryJSON(e.Name, e))
	}
	return map[string]any{"sha": sha, "url": d.URL + "/git/trees/" + sha, "tree": out, "truncated": false}
}

// EntryJSON is an entry of a tree in answers.
func (d DB) EntryJSON(path string, e gitstore.Entry) map[string]any {
	m := map[string]any{"path": path, "mode": e.Mode, "type": e.Kind(), "sha": e.SHA}
	switch e.Kind() {
	case "blob":
		m["size"], m["url"] = len(d.Git.Text(e)), d.URL+"/git/blobs/"+e.SHA
	case "tree":
		m["url"] = d.URL + "/git/trees/" + e.SHA
	}
	return m
}
