package githubtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/github/githubtest/body"
	"github.com/pertask/pertask/github/githubtest/checkstore"
	"github.com/pertask/pertask/github/githubtest/gitstore"
	"github.com/pertask/pertask/github/githubtest/statusstore"
)

// File is a file of a commit. For Submodule the content is the object id of a commit.
type File = gitstore.File

// The modes of files.
const (
	Regular    = gitstore.Regular
	Executable = gitstore.Executable
	Symlink    = gitstore.Symlink
	Submodule  = gitstore.Submodule
)

// Text returns files with the given contents.
func Text(contents map[string]string) map[string]File { return gitstore.Text(contents) }

// repo is a repository.
type repo struct {
	ID       int64
	FullName string
	Fork     bool
	git      *gitstore.Store
	branches map[string]string
	pulls    map[int]*Pull
	next     int // number of pull requests and issues
	comments []*Comment
	checks   *checkstore.Store
	statuses *statusstore.Store
	writers  map[string]string
	rules    map[string]Rules // by branch
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
}

// Comment is a comment on a pull request or issue.
type Comment struct {
	ID        int64
	NodeID    string
	Issue     int
	Body      string
	Author    string
	App       string // slug of the App it was made with
	Minimized string // reason; "" when shown
	Created   time.Time
	Updated   time.Time
	Edits     int
	Reactions []Reaction
	pull      bool // the issue is a pull request
	repo      string
	appID     int64
}

func (s *Server) mustRepo(name string) *repo {
	r := s.repos[strings.ToLower(name)]
	if r == nil {
		s.fatal("no repository %q", name)
	}
	return r
}

// AddRepo makes an empty repository and returns its name, "owner/name".
func (s *Server) AddRepo(owner, name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addRepo(owner+"/"+name, gitstore.New()).FullName
}

// AddFork makes a fork of a repository, which shares its commits.
func (s *Server) AddFork(of, owner, name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.addRepo(owner+"/"+name, s.mustRepo(of).git)
	r.Fork = true
	return r.FullName
}

func (s *Server) addRepo(full string, git *gitstore.Store) *repo {
	r := &repo{
		ID: s.id(), FullName: full, git: git, branches: map[string]string{}, pulls: map[int]*Pull{},
		checks: checkstore.New(s.id), statuses: statusstore.New(s.id), writers: map[string]string{}, rules: map[string]Rules{},
	}
	s.repos[strings.ToLower(full)], s.byID[r.ID] = r, r
	return r
}

// Commit adds a commit with all the files of its tree, not a change, and returns its object id, which is
// git's own and the same for the same arguments.
func (s *Server) Commit(repo string, parents []string, files map[string]File) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.mustRepo(repo)
	for _, p := range parents {
		if !r.git.HasCommit(p) {
			s.fatal("no commit %q in %s", p, repo)
		}
	}
	return r.git.Commit(parents, files, "change")
}

// SetBranch points a branch at a commit.
func (s *Server) SetBranch(repo, branch, sha string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustRepo(repo).branches[branch] = sha
}

// SetPermission gives a person admin, write, read or none on a repository.
func (s *Server) SetPermission(repo, login, level string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustRepo(repo).writers[strings.ToLower(login)] = level
}

// OpenPull opens a pull request from the branch "change" into "main" and returns its number. The changes
// are applied to it before anyone sees it.
func (s *Server) OpenPull(repo, base, head string, change ...func(*Pull)) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.mustRepo(repo)
	r.next++
	p := &Pull{
		Number: r.next, Base: base, Head: head, BaseRef: "main", HeadRef: "change", HeadRepo: r.FullName,
		State: "open", Author: "ada",
	}
	for _, f := range change {
		f(p)
	}
	if !r.git.HasCommit(p.Base) || !r.git.HasCommit(p.Head) {
		s.fatal("pull request %s#%d needs commits, got %q and %q", repo, p.Number, p.Base, p.Head)
	}
	r.pulls[p.Number] = p
	r.branches[p.BaseRef] = p.Base
	return p.Number
}

// AddComment adds a comment by anyone and returns its id.
func (s *Server) AddComment(repo string, number int, author, text string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addComment(s.mustRepo(repo), number, Actor{Login: author}, text).ID
}

func (s *Server) addComment(r *repo, number int, a Actor, text string) *Comment {
	now, id := s.opt.Now().UTC(), s.id()
	cm := &Comment{
		ID: id, NodeID: fmt.Sprintf("IC_%d", id), Issue: number, Body: text, Author: a.Login, App: a.Slug, Created: now, Updated: now,
		pull: r.pulls[number] != nil, repo: r.FullName, appID: a.App,
	}
	r.comments = append(r.comments, cm)
	return cm
}

// DeleteComment deletes a comment as a person would.
func (s *Server) DeleteComment(repo string, id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.mustRepo(repo)
	r.comments = slices.DeleteFunc(r.comments, func(c *Comment) bool { return c.ID == id })
}

// Comments returns the comments of a pull request or issue, oldest first.
func (s *Server) Comments(repo string, number int) []Comment {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Comment
	for _, c := range s.mustRepo(repo).on(number) {
		out = append(out, *c)
	}
	return out
}

func (r *repo) on(number int) []*Comment {
	var out []*Comment
	for _, c := range r.comments {
		if c.Issue == number {
			out = append(out, c)
		}
	}
	return out
}

// resolve returns the commit that an object id, a branch, or "owner:branch" of a fork names.
func (s *Server) resolve(r *repo, ref string) (string, bool) {
	if r.git.HasCommit(ref) {
		return ref, true
	}
	if owner, branch, ok := strings.Cut(ref, ":"); ok {
		for _, f := range s.repos {
			if f.git == r.git && strings.HasPrefix(strings.ToLower(f.FullName), strings.ToLower(owner)+"/") {
				sha, ok := f.branches[branch]
				return sha, ok
			}
		}
	}
	if n := 0; ref != "" {
		if _, err := fmt.Sscanf(ref, "refs/pull/%d/head", &n); err == nil && r.pulls[n] != nil {
			return r.pulls[n].Head, true
		}
	}
	sha, ok := r.branches[strings.TrimPrefix(ref, "refs/heads/")]
	return sha, ok
}

// json is a repository in answers and events.
func (r *repo) json() map[string]any {
	return body.Repository(r.ID, r.FullName, body.M{"fork": r.Fork})
}
