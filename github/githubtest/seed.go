package githubtest

import (
	"strings"
	"time"

	"github.com/pertask/pertask/github/githubtest/commentstore"
	"github.com/pertask/pertask/github/githubtest/gitstore"
	"github.com/pertask/pertask/github/githubtest/repostore"
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

type repo = repostore.Repo

// Pull is a pull request.
type Pull = repostore.Pull

// Rules are the rules of a branch.
type Rules = repostore.Rules

// Required is a check that must succeed; App 0 is any source.
type Required = repostore.Required

// Comment is a comment on a pull request or issue.
type Comment = commentstore.Comment

// Reaction is one person's or App's reaction to a comment.
type Reaction = commentstore.Reaction

func (s *Server) mustRepo(name string) *repo {
	r := s.repos.Find(name)
	if r == nil {
		s.fatal("no repository %q", name)
	}
	return r
}

// AddRepo makes an empty repository and returns its name, "owner/name".
func (s *Server) AddRepo(owner, name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.repos.Add(owner + "/" + name).FullName
}

// AddFork makes a fork of a repository, which shares its commits.
func (s *Server) AddFork(of, owner, name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.repos.AddFork(s.mustRepo(of), owner+"/"+name).FullName
}

// Commit adds a commit with all the files of its tree, not a change, and returns its object id, which is
// git's own and the same for the same arguments.
func (s *Server) Commit(repo string, parents []string, files map[string]File) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.mustRepo(repo)
	for _, p := range parents {
		if !r.Git.HasCommit(p) {
			s.fatal("no commit %q in %s", p, repo)
		}
	}
	return r.Git.Commit(parents, files, "change")
}

// Log returns the commits of a branch, oldest first.
func (s *Server) Log(repo, branch string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.mustRepo(repo)
	return r.Git.Log(r.Branches[branch], "")
}

// SetBranch points a branch at a commit.
func (s *Server) SetBranch(repo, branch, sha string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustRepo(repo).Branches[branch] = sha
}

// SetRules gives a branch rules.
func (s *Server) SetRules(repo, branch string, r Rules) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustRepo(repo).Rules[branch] = r
}

// SetPermission gives a person admin, write, read or none on a repository.
func (s *Server) SetPermission(repo, login, level string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustRepo(repo).Writers[strings.ToLower(login)] = level
}

// OpenPull opens a pull request from the branch "change" into "main" and returns its number. The changes
// are applied to it before anyone sees it.
func (s *Server) OpenPull(repo, base, head string, change ...func(*Pull)) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.mustRepo(repo).Open(base, head, change...)
	if err != nil {
		s.fatal("%v", err)
		return 0
	}
	p.Settle(s.opt.Now(), time.Time{})
	return p.Number
}

// ChangePull changes a pull request: a push, a label, a merge.
func (s *Server) ChangePull(repo string, number int, change func(*Pull)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.mustRepo(repo)
	p := r.Pulls[number]
	if p == nil {
		s.fatal("no pull request %s#%d", repo, number)
		return
	}
	before := p.Updated
	change(p)
	p.Settle(s.opt.Now(), before)
	if err := r.Check(p); err != nil {
		s.fatal("%v", err)
	}
}

// AddComment adds a comment by anyone and returns its id.
func (s *Server) AddComment(repo string, number int, author, text string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addComment(s.mustRepo(repo), number, Actor{Login: author}, text).ID
}

func (s *Server) addComment(r *repo, number int, a Actor, text string) *Comment {
	return r.Comments.Add(number, r.Pulls[number] != nil, commentstore.Author{Login: a.Login, App: a.App, Slug: a.Slug}, text, s.opt.Now())
}

// EditComment changes a comment as its author would.
func (s *Server) EditComment(repo string, id int64, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.mustRepo(repo).Comments.Find(id); c != nil {
		c.Edit(body, s.opt.Now())
	}
}

// DeleteComment deletes a comment as a person would.
func (s *Server) DeleteComment(repo string, id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustRepo(repo).Comments.Delete(id)
}

// Comments returns the comments of a pull request or issue, oldest first.
func (s *Server) Comments(repo string, number int) []Comment {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Comment
	for _, c := range s.mustRepo(repo).Comments.On(number) {
		out = append(out, *c)
	}
	return out
}

// Life is what happened to a pull request: times, former heads, a title.
type Life = repostore.Life

// RenameRepo gives a repository another name, "owner/name". The old one leads to it still.
func (s *Server) RenameRepo(repo, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.repos.Rename(s.mustRepo(repo), to)
}

// DeleteRepo deletes a repository, such as a fork whose pull requests stay.
func (s *Server) DeleteRepo(repo string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.repos.Delete(s.mustRepo(repo))
}

// SetDefaultBranch names the default branch of a repository, which is main otherwise. GraphQL shows it.
func (s *Server) SetDefaultBranch(repo, branch string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustRepo(repo).Default = branch
}
