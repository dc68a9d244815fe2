// Package repostore is the repositories of one server in memory: what they hold, and what their names, branches and numbers mean.
//
// It knows repositories, forks, pull requests, the rules of branches, and who may do what. It leaves commits, check runs,
// statuses and comments to the stores of each. It refuses to know HTTP, tokens, and what a request is refused for.
package repostore

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pertask/pertask/github/githubtest/body"
	"github.com/pertask/pertask/github/githubtest/checkstore"
	"github.com/pertask/pertask/github/githubtest/commentstore"
	"github.com/pertask/pertask/github/githubtest/gitdata"
	"github.com/pertask/pertask/github/githubtest/gitstore"
	"github.com/pertask/pertask/github/githubtest/issuestore"
	"github.com/pertask/pertask/github/githubtest/runstore"
	"github.com/pertask/pertask/github/githubtest/statusstore"
)

// Repo is a repository.
type Repo struct {
	ID       int64
	FullName string // "owner/name"
	Fork     bool
	Default  string            // branch; "" is main
	Git      *gitstore.Store   // shared with its forks
	Branches map[string]string // object ids of commits
	Pulls    map[int]*Pull
	Comments *commentstore.Store
	Issues   *issuestore.Store // those that are no pull requests
	Checks   *checkstore.Store
	Statuses *statusstore.Store
	Runs     *runstore.Store
	Writers  map[string]string // levels by lower-case login
	Rules    map[string]Rules  // by branch
	last     int               // number of a pull request
}

// Pull is a pull request.
type Pull struct {
	Number   int
	Base     string // object id
	Head     string
	BaseRef  string // branch
	HeadRef  string
	HeadRepo string // "owner/name"; "" when it was deleted
	Draft    bool
	Merged   bool
	MergeSHA string
	State    string // open or closed
	Author   string
	Labels   []string
	// Mergeable is nil while it is not known, and false for a pull request that conflicts with its base.
	Mergeable *bool
	Life
}

// JSON is a repository in answers and events.
func (r *Repo) JSON() map[string]any {
	return body.Repository(r.ID, r.FullName, body.M{"fork": r.Fork})
}

// DB is the repository's objects and branches as git's own.
func (r *Repo) DB() gitdata.DB {
	return gitdata.DB{Git: r.Git, Branches: r.Branches, URL: body.API + "/repos/" + r.FullName}
}

// Level returns what was given to a person; "" is nothing.
func (r *Repo) Level(login string) string { return r.Writers[strings.ToLower(login)] }

// Reads reports whether a person was given at least the right to read.
func (r *Repo) Reads(login string) bool {
	level := r.Level(login)
	return level != "" && level != "none"
}

// NextNumber is the number of the next issue, or pull request: they share them.
func (r *Repo) NextNumber() int { r.last++; return r.last }

// Open opens a pull request from the branch "change" into "main". The changes are applied to it before anyone sees it. It is
// an error when its base or head is no commit.
func (r *Repo) Open(base, head string, change ...func(*Pull)) (*Pull, error) {
	p := &Pull{
		Number: r.NextNumber(), Base: base, Head: head, BaseRef: "main", HeadRef: "change", HeadRepo: r.FullName,
		State: "open", Author: "ada",
	}
	for _, f := range change {
		f(p)
	}
	if err := r.Check(p); err != nil {
		return nil, err
	}
	r.Pulls[p.Number] = p
	r.Branches[p.BaseRef] = p.Base
	return p, nil
}

// Check says whether a pull request has the commits that it needs.
func (r *Repo) Check(p *Pull) error {
	if !r.Git.HasCommit(p.Base) || !r.Git.HasCommit(p.Head) {
		return fmt.Errorf("pull request %s#%d needs commits, got %q and %q", r.FullName, p.Number, p.Base, p.Head)
	}
	return nil
}

// PullsOf lists the pull requests that a commit belongs to, by number: the one that merged it, or those that bring it.
func (r *Repo) PullsOf(sha string) []*Pull {
	return r.pullsThat(func(p *Pull) bool {
		return p.MergeSHA == sha || r.Git.Ancestors(p.Head)[sha] && !r.Git.Ancestors(p.Base)[sha]
	})
}

// HeadOf lists the open pull requests that have a commit as their head, as a check run names them: none of forks.
func (r *Repo) HeadOf(sha string) []any {
	out := []any{}
	for _, p := range r.pullsThat(func(p *Pull) bool { return p.Head == sha && p.State == "open" && p.HeadRepo == r.FullName }) {
		side := func(ref, sha string) map[string]any {
			return map[string]any{"ref": ref, "sha": sha, "repo": map[string]any{"id": r.ID, "name": r.JSON()["name"], "url": body.API + "/repos/" + r.FullName}}
		}
		out = append(out, map[string]any{"id": r.ID*1000 + int64(p.Number), "number": p.Number, "url": body.API, "head": side(p.HeadRef, p.Head), "base": side(p.BaseRef, p.Base)})
	}
	return out
}

func (r *Repo) pullsThat(is func(*Pull) bool) []*Pull {
	var out []*Pull
	for _, n := range slices.Sorted(maps.Keys(r.Pulls)) {
		if p := r.Pulls[n]; is(p) {
			out = append(out, p)
		}
	}
	return out
}
