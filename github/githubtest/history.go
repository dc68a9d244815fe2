package githubtest

import "github.com/pertask/pertask/github/githubtest/repostore"

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
