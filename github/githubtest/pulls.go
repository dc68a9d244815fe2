package githubtest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/pertask/pertask/github/githubtest/body"
	"github.com/pertask/pertask/github/githubtest/statusstore"
)

// pull is a pull request in answers.
func (s *Server) pull(r *repo, p *Pull) body.Pull {
	side := func(ref, sha, name string) body.Side {
		owner, _, _ := strings.Cut(name, "/")
		out := body.Side{Owner: owner, Ref: ref, SHA: sha}
		if of := s.repos[strings.ToLower(name)]; of != nil {
			out.Repo = of.json()
		}
		return out
	}
	return body.Pull{
		Repo: r.FullName, ID: r.ID + int64(p.Number), Number: p.Number, Title: "Change", State: p.State, Draft: p.Draft, Merged: p.Merged,
		MergeSHA: p.MergeSHA, Mergeable: p.Mergeable, Author: p.Author, Labels: p.Labels, Comments: len(r.on(p.Number)),
		Base: side(p.BaseRef, p.Base, r.FullName), Head: side(p.HeadRef, p.Head, p.HeadRepo),
	}
}

func (c *call) getPull() reply {
	if rep, ok := c.need("pull_requests", "read"); !ok {
		return rep
	}
	p := c.repo.pulls[c.number("number")]
	if p == nil {
		return notFound
	}
	return ok(c.s.pull(c.repo, p).JSON())
}

// pullsOf lists the pull requests that a commit belongs to: the one that merged it, or those that bring it.
func (c *call) pullsOf() reply {
	if rep, ok := c.need("pull_requests", "read"); !ok {
		return rep
	}
	sha, found := c.s.resolve(c.repo, c.r.PathValue("ref"))
	if !found {
		return fail(http.StatusUnprocessableEntity, "No commit found for SHA: %s", c.r.PathValue("ref"))
	}
	out := []any{}
	for n := 1; n <= c.repo.next; n++ {
		p := c.repo.pulls[n]
		if p != nil && (p.MergeSHA == sha || c.repo.git.Ancestors(p.Head)[sha] && !c.repo.git.Ancestors(p.Base)[sha]) {
			out = append(out, c.s.pull(c.repo, p).Simple())
		}
	}
	from, to := c.page(len(out))
	return ok(out[from:to])
}

func (c *call) createStatus() reply {
	if rep, ok := c.need("statuses", "write"); !ok {
		return rep
	}
	sha := c.r.PathValue("sha")
	if !c.repo.git.HasCommit(sha) {
		return fail(http.StatusUnprocessableEntity, "No commit found for SHA: %s", sha)
	}
	var in statusstore.Input
	if rep, ok := c.decode(&in); !ok {
		return rep
	}
	st, bad := c.repo.statuses.Add(sha, c.actor.Login, in, c.s.opt.Now().UTC())
	if bad != nil {
		return invalid("Status", bad.Field, bad.Code, bad.Message)
	}
	return reply{status: http.StatusCreated, body: body.Status(
		c.repo.FullName, sha, st.ID, st.Creator, st.State, st.Context, st.Description, st.TargetURL, st.Created,
	)}
}

// Statuses returns the statuses of a commit, oldest first.
func (s *Server) Statuses(repo, sha string) []statusstore.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mustRepo(repo).statuses.On(sha)
}

// ChangePull changes a pull request: a push, a label, a merge.
func (s *Server) ChangePull(repo string, number int, change func(*Pull)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.mustRepo(repo)
	p := r.pulls[number]
	if p == nil {
		s.fatal("no pull request %s#%d", repo, number)
		return
	}
	change(p)
	if !r.git.HasCommit(p.Base) || !r.git.HasCommit(p.Head) {
		s.fatal("pull request %s#%d needs commits, got %q and %q", repo, number, p.Base, p.Head)
	}
}

// Reaction is one person's or App's reaction to a comment.
type Reaction struct{ Login, Content string }

// reactions is GitHub's closed list.
var reactions = []string{"+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"}

func (c *call) react() reply {
	if rep, ok := c.need("pull_requests", "write"); !ok {
		return rep
	}
	cm := c.findComment()
	if cm == nil {
		return notFound
	}
	var in struct{ Content string }
	if rep, ok := c.decode(&in); !ok {
		return rep
	}
	if !slices.Contains(reactions, in.Content) {
		return invalid("Reaction", "content", "invalid", "")
	}
	r, status := Reaction{c.actor.Login, in.Content}, http.StatusOK
	if !slices.Contains(cm.Reactions, r) {
		cm.Reactions, status = append(cm.Reactions, r), http.StatusCreated
	}
	return reply{status: status, body: body.Reaction(cm.ID, r.Login, r.Content, c.s.opt.Now())}
}

func (c *call) getComment() reply {
	if rep, ok := c.need("pull_requests", "read"); !ok {
		return rep
	}
	if cm := c.findComment(); cm != nil {
		return ok(cm.json())
	}
	return notFound
}

// EditComment changes a comment as its author would.
func (s *Server) EditComment(repo string, id int64, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, cm := range s.mustRepo(repo).comments {
		if cm.ID == id {
			cm.Body, cm.Updated = body, s.opt.Now().UTC()
			cm.Edits++
		}
	}
}
