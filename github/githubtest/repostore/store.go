package repostore

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pertask/pertask/github/githubtest/body"
	"github.com/pertask/pertask/github/githubtest/checkstore"
	"github.com/pertask/pertask/github/githubtest/commentstore"
	"github.com/pertask/pertask/github/githubtest/gitstore"
	"github.com/pertask/pertask/github/githubtest/issuestore"
	"github.com/pertask/pertask/github/githubtest/runstore"
	"github.com/pertask/pertask/github/githubtest/statusstore"
)

// Store holds repositories. It is not safe for concurrent use.
type Store struct {
	id     func() int64
	byName map[string]*Repo // lower case
	byID   map[int64]*Repo
}

// New returns an empty store that numbers what is in it with id.
func New(id func() int64) *Store {
	return &Store{id: id, byName: map[string]*Repo{}, byID: map[int64]*Repo{}}
}

// Add adds a repository with a full name, in place of one that has it.
func (s *Store) Add(fullName string) *Repo { return s.add(fullName, gitstore.New()) }

// AddFork adds a fork of a repository, which shares its commits.
func (s *Store) AddFork(of *Repo, fullName string) *Repo {
	r := s.add(fullName, of.Git)
	r.Fork = true
	return r
}

func (s *Store) add(full string, git *gitstore.Store) *Repo {
	r := &Repo{
		ID: s.id(), FullName: full, Git: git, Branches: map[string]string{}, Pulls: map[int]*Pull{}, Comments: commentstore.New(full, s.id),
		Issues: issuestore.New(full, s.id),
		Checks: checkstore.New(s.id), Statuses: statusstore.New(s.id), Runs: runstore.New(s.id), Writers: map[string]string{}, Rules: map[string]Rules{},
	}
	s.byName[strings.ToLower(full)], s.byID[r.ID] = r, r
	return r
}

// Find returns the repository with a full name, in any case, or nil.
func (s *Store) Find(fullName string) *Repo { return s.byName[strings.ToLower(fullName)] }

// ByID returns the repository with the number, or nil.
func (s *Store) ByID(id int64) *Repo { return s.byID[id] }

// Where lists the repositories whose numbers are wanted, in the order of those.
func (s *Store) Where(wanted func(id int64) bool) []*Repo {
	var out []*Repo
	for _, id := range slices.Sorted(maps.Keys(s.byID)) {
		if wanted(id) {
			out = append(out, s.byID[id])
		}
	}
	return out
}

// All lists the repositories in the order of their numbers.
func (s *Store) All() []*Repo { return s.Where(func(int64) bool { return true }) }

// People lists everybody who was given something in any repository.
func (s *Store) People() []string {
	logins := map[string]bool{}
	for _, r := range s.byName {
		for l := range r.Writers {
			logins[l] = true
		}
	}
	return slices.Sorted(maps.Keys(logins))
}

// Resolve returns the commit that an object id, a branch, the head of a pull request, or "owner:branch" of a fork names.
func (s *Store) Resolve(r *Repo, ref string) (string, bool) {
	if r.Git.HasCommit(ref) {
		return ref, true
	}
	if owner, branch, ok := strings.Cut(ref, ":"); ok {
		for _, f := range s.byName {
			if f.Git == r.Git && strings.HasPrefix(strings.ToLower(f.FullName), strings.ToLower(owner)+"/") {
				sha, ok := f.Branches[branch]
				return sha, ok
			}
		}
	}
	if n := 0; ref != "" {
		if _, err := fmt.Sscanf(ref, "refs/pull/%d/head", &n); err == nil && r.Pulls[n] != nil {
			return r.Pulls[n].Head, true
		}
	}
	sha, ok := r.Branches[strings.TrimPrefix(ref, "refs/heads/")]
	return sha, ok
}

// Pull is a pull request in answers and events.
func (s *Store) Pull(r *Repo, p *Pull) body.Pull {
	side := func(ref, sha, name string) body.Side {
		owner, _, _ := strings.Cut(name, "/")
		out := body.Side{Owner: owner, Ref: ref, SHA: sha}
		if of := s.Find(name); of != nil {
			out.Repo = of.JSON()
		}
		return out
	}
	return body.Pull{
		Repo: r.FullName, ID: r.ID + int64(p.Number), Number: p.Number, Title: p.TitleText(), State: p.State, Draft: p.Draft, Merged: p.Merged,
		MergeSHA: p.MergeSHA, Mergeable: p.Mergeable, Author: p.Author, Labels: p.Labels, Comments: len(r.Comments.On(p.Number)),
		Base: side(p.BaseRef, p.Base, r.FullName), Head: side(p.HeadRef, p.Head, p.HeadRepo),
	}
}
