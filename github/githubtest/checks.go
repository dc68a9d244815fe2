package githubtest

import (
	"net/http"
	"strconv"

	"github.com/pertask/pertask/github/githubtest/checkstore"
)

// AddJob adds the check run in progress that GitHub Actions makes for a workflow's job.
func (s *Server) AddJob(repo, sha, name string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.mustRepo(repo).Checks.Add(WorkflowActor().app(), sha, name, s.opt.Now())
	k.Status, k.Job = "in_progress", true
	return k.ID
}

// Checks returns the check runs on a commit, oldest first.
func (s *Server) Checks(repo, sha string) []checkstore.Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []checkstore.Run
	for _, k := range s.mustRepo(repo).Checks.On(sha) {
		out = append(out, *k)
	}
	return out
}

func (a Actor) app() checkstore.App { return checkstore.App{ID: a.App, Slug: a.Slug} }

func refused(r *checkstore.Refusal) reply { return fail(r.Status, "%s", r.Message) }

func (c *call) createCheck() reply {
	if c.actor.App == 0 {
		return fail(http.StatusForbidden, "You must authenticate via a GitHub App.")
	}
	if rep, ok := c.need("checks", "write"); !ok {
		return rep
	}
	var in checkstore.Input
	if rep, ok := c.decode(&in); !ok {
		return rep
	}
	if in.Name == nil || *in.Name == "" || in.HeadSHA == nil {
		return fail(http.StatusUnprocessableEntity, "Invalid request.\n\n%s", `"name" and "head_sha" weren't supplied.`)
	}
	if !c.repo.Git.HasCommit(*in.HeadSHA) {
		return fail(http.StatusUnprocessableEntity, "No commit found for SHA: %s", *in.HeadSHA)
	}
	if r := in.Validate(); r != nil {
		return refused(r)
	}
	now := c.s.opt.Now().UTC()
	k := c.repo.Checks.Add(c.actor.app(), *in.HeadSHA, *in.Name, now)
	in.Apply(k, now)
	return reply{status: http.StatusCreated, body: k.JSON()}
}

func (c *call) findCheck() *checkstore.Run {
	id, _ := strconv.ParseInt(c.r.PathValue("id"), 10, 64)
	return c.repo.Checks.Find(id)
}

func (c *call) getCheck() reply {
	if rep, ok := c.need("checks", "read"); !ok {
		return rep
	}
	if k := c.findCheck(); k != nil {
		return ok(k.JSON())
	}
	return notFound
}

func (c *call) updateCheck() reply {
	if rep, ok := c.need("checks", "write"); !ok {
		return rep
	}
	k := c.findCheck()
	if k == nil {
		return notFound
	}
	var in checkstore.Input
	if rep, ok := c.decode(&in); !ok {
		return rep
	}
	if r := k.Update(c.actor.App, &in, c.s.opt.Now().UTC()); r != nil {
		return refused(r)
	}
	return ok(k.JSON())
}

func (c *call) listChecks() reply {
	if rep, ok := c.need("checks", "read"); !ok {
		return rep
	}
	sha, found := c.s.repos.Resolve(c.repo, c.r.PathValue("ref"))
	if !found {
		return fail(http.StatusUnprocessableEntity, "No commit found for SHA: %s", c.r.PathValue("ref"))
	}
	q := c.r.URL.Query()
	all := c.repo.Checks.List(sha, checkstore.Filter{
		Name: q.Get("check_name"), App: q.Get("app_id"), Status: q.Get("status"), All: q.Get("filter") == "all",
	})
	from, to := c.page(len(all))
	out := []any{}
	for _, k := range all[from:to] {
		out = append(out, k.JSON())
	}
	return ok(map[string]any{"total_count": len(all), "check_runs": out})
}
