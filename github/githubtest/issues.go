package githubtest

import (
	"net/http"

	"github.com/pertask/pertask/github/githubtest/commentstore"
	"github.com/pertask/pertask/github/githubtest/issuestore"
)

// Issue is an issue that is no pull request.
type Issue = issuestore.Issue

// listIssues lists issues as the client asks for them; pull requests, which GitHub lists with them, are left out.
func (c *call) listIssues() reply {
	if rep, ok := c.need("issues", "read"); !ok {
		return rep
	}
	q := c.r.URL.Query()
	all := c.repo.Issues.List(q.Get("creator"), q.Get("state"))
	from, to := c.page(len(all))
	out := []any{}
	for _, i := range all[from:to] {
		out = append(out, c.issueJSON(i))
	}
	return ok(out)
}

func (c *call) issueJSON(i *Issue) map[string]any {
	return i.JSON(len(c.repo.Comments.On(i.Number)))
}

func (c *call) createIssue() reply {
	if rep, ok := c.need("issues", "write"); !ok {
		return rep
	}
	in, rep, good := c.issueInput()
	if !good {
		return rep
	}
	if in.Title == nil {
		return invalid("Issue", "title", "missing_field", "")
	}
	text := ""
	if in.Body != nil {
		text = *in.Body
	}
	return reply{status: http.StatusCreated, body: c.issueJSON(c.s.addIssue(c.repo, c.actor, *in.Title, text))}
}

func (c *call) issueInput() (issuestore.Input, reply, bool) {
	var in issuestore.Input
	if rep, ok := c.decode(&in); !ok {
		return in, rep, false
	}
	if bad := in.Check(); bad != nil {
		return in, invalid("Issue", bad.Field, bad.Code, bad.Message), false
	}
	return in, reply{}, true
}

func (c *call) editIssue() reply {
	if rep, ok := c.need("issues", "write"); !ok {
		return rep
	}
	i := c.repo.Issues.Find(c.number("number"))
	if i == nil {
		return notFound
	}
	in, rep, good := c.issueInput()
	if !good {
		return rep
	}
	i.Edit(in, c.s.opt.Now())
	return ok(c.issueJSON(i))
}

func (s *Server) addIssue(r *repo, by Actor, title, text string) *Issue {
	return r.Issues.Add(r.NextNumber(), commentstore.Author{Login: by.Login, App: by.App, Slug: by.Slug}, title, text, s.opt.Now())
}

// AddIssue opens an issue as somebody, and returns its number.
func (s *Server) AddIssue(repo string, by Actor, title, text string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addIssue(s.mustRepo(repo), by, title, text).Number
}

// Issues lists copies of the issues of a repository, the newest first.
func (s *Server) Issues(repo string) []Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Issue
	for _, i := range s.mustRepo(repo).Issues.List("", "all") {
		out = append(out, *i)
	}
	return out
}

// CloseIssue closes an issue as a person would.
func (s *Server) CloseIssue(repo string, number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := "closed"
	if i := s.mustRepo(repo).Issues.Find(number); i != nil {
		i.Edit(issuestore.Input{State: &state}, s.opt.Now())
	}
}
