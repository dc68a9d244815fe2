package githubtest

import (
	"net/http"

	"github.com/pertask/pertask/github/githubtest/body"
	"github.com/pertask/pertask/github/githubtest/gitdata"
)

// gitdata returns a handler of the interface to git's objects.
func gitdataCall(level string, answer func(gitdata.DB, *call) gitdata.Answer) func(*call) reply {
	return func(c *call) reply {
		if rep, ok := c.need("contents", level); !ok {
			return rep
		}
		a := answer(c.repo.DB(), c)
		if a.Status >= 400 {
			return fail(a.Status, "%s", a.Message)
		}
		return reply{status: a.Status, body: a.Body}
	}
}

func (s *Server) objectRoutes(repo func(string, func(*call) reply)) {
	repo("GET git/ref/{ref...}", gitdataCall("read", func(d gitdata.DB, c *call) gitdata.Answer { return d.Ref(c.r.PathValue("ref")) }))
	repo("POST git/refs", gitdataCall("write", func(d gitdata.DB, c *call) gitdata.Answer { return d.CreateRef(c.body) }))
	repo("PATCH git/refs/{ref...}", gitdataCall("write", func(d gitdata.DB, c *call) gitdata.Answer { return d.UpdateRef(c.r.PathValue("ref"), c.body) }))
	repo("GET git/commits/{sha}", gitdataCall("read", func(d gitdata.DB, c *call) gitdata.Answer { return d.Commit(c.r.PathValue("sha")) }))
	repo("POST git/commits", gitdataCall("write", func(d gitdata.DB, c *call) gitdata.Answer { return d.CreateCommit(c.body) }))
	repo("POST git/trees", gitdataCall("write", func(d gitdata.DB, c *call) gitdata.Answer { return d.CreateTree(c.body) }))
	repo("GET commits/{ref...}", (*call).getCommit)
	repo("GET branches/{branch...}", (*call).getBranch)
	repo("GET rules/branches/{branch...}", (*call).branchRules)
	s.mux.HandleFunc("GET /repos/{owner}/{repo}", s.inRepo((*call).getRepo))
}

func (c *call) getCommit() reply {
	if rep, ok := c.need("contents", "read"); !ok {
		return rep
	}
	sha, found := c.s.repos.Resolve(c.repo, c.r.PathValue("ref"))
	if !found {
		return fail(http.StatusUnprocessableEntity, "No commit found for SHA: %s", c.r.PathValue("ref"))
	}
	return ok(c.repo.DB().ShownJSON(sha))
}

func (c *call) branchRules() reply {
	out := c.repo.RulesJSON(c.r.PathValue("branch"))
	from, to := c.page(len(out))
	return ok(out[from:to])
}

func (c *call) getBranch() reply {
	if rep, ok := c.need("contents", "read"); !ok {
		return rep
	}
	if out := c.repo.BranchJSON(c.r.PathValue("branch")); out != nil {
		return ok(out)
	}
	return fail(http.StatusNotFound, "Branch not found")
}

func (c *call) getRepo() reply {
	may := c.actor.Permissions["contents"]
	out := body.Full(c.repo.ID, c.repo.FullName, body.M{"fork": c.repo.Fork})
	out["permissions"] = map[string]any{"admin": false, "maintain": false, "push": may == "write", "triage": false, "pull": may != ""}
	return ok(out)
}
