package githubtest

import (
	"net/http"

	"github.com/pertask/pertask/github/githubtest/body"
	"github.com/pertask/pertask/github/githubtest/statusstore"
)

func (c *call) getPull() reply {
	if rep, ok := c.need("pull_requests", "read"); !ok {
		return rep
	}
	p := c.repo.Pulls[c.number("number")]
	if p == nil {
		return notFound
	}
	return ok(c.s.repos.Pull(c.repo, p).JSON())
}

// pullsOf lists the pull requests that a commit belongs to: the one that merged it, or those that bring it.
func (c *call) pullsOf() reply {
	if rep, ok := c.need("pull_requests", "read"); !ok {
		return rep
	}
	sha, found := c.s.repos.Resolve(c.repo, c.r.PathValue("ref"))
	if !found {
		return fail(http.StatusUnprocessableEntity, "No commit found for SHA: %s", c.r.PathValue("ref"))
	}
	out := []any{}
	for _, p := range c.repo.PullsOf(sha) {
		out = append(out, c.s.repos.Pull(c.repo, p).Simple())
	}
	from, to := c.page(len(out))
	return ok(out[from:to])
}

func (c *call) createStatus() reply {
	if rep, ok := c.need("statuses", "write"); !ok {
		return rep
	}
	sha := c.r.PathValue("sha")
	if !c.repo.Git.HasCommit(sha) {
		return fail(http.StatusUnprocessableEntity, "No commit found for SHA: %s", sha)
	}
	var in statusstore.Input
	if rep, ok := c.decode(&in); !ok {
		return rep
	}
	st, bad := c.repo.Statuses.Add(sha, c.actor.Login, in, c.s.opt.Now().UTC())
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
	return s.mustRepo(repo).Statuses.On(sha)
}

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
	r := Reaction{Login: c.actor.Login, Content: in.Content}
	fresh, known := cm.React(r)
	if !known {
		return invalid("Reaction", "content", "invalid", "")
	}
	status := http.StatusOK
	if fresh {
		status = http.StatusCreated
	}
	return reply{status: status, body: body.Reaction(cm.ID, r.Login, r.Content, c.s.opt.Now())}
}

func (c *call) getComment() reply {
	if rep, ok := c.need("pull_requests", "read"); !ok {
		return rep
	}
	if cm := c.findComment(); cm != nil {
		return ok(cm.JSON())
	}
	return notFound
}
