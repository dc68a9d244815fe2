package githubtest

import (
	"net/http"
	"net/url"

	"github.com/pertask/pertask/github/githubtest/body"
	"github.com/pertask/pertask/github/githubtest/gitdata"
)

// gitdata returns a handler of the interface to git's objects.
func gitdataCall(level string, answer func(gitdata.DB, *call) gitdata.Answer) func(*call) reply {
	return func(c *call) reply {
		if rep, ok := c.need("contents", level); !ok {
			return rep
		}
		a := answer(c.db(), c)
		if a.Status >= 400 {
			return fail(a.Status, "%s", a.Message)
		}
		return reply{status: a.Status, body: a.Body}
	}
}

func (c *call) db() gitdata.DB {
	return gitdata.DB{Git: c.repo.git, Branches: c.repo.branches, URL: body.API + "/repos/" + c.repo.FullName}
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
	sha, found := c.s.resolve(c.repo, c.r.PathValue("ref"))
	if !found {
		return fail(http.StatusUnprocessableEntity, "No commit found for SHA: %s", c.r.PathValue("ref"))
	}
	return ok(c.db().ShownJSON(sha))
}

// Rules are the rules of a branch.
type Rules struct {
	Required   []Required // by a ruleset
	Protected  []Required // by the branch's own protection
	MergeQueue bool
}

// Required is a check that must succeed; App 0 is any source.
type Required struct {
	Name string
	App  int64
}

// SetRules gives a branch rules.
func (s *Server) SetRules(repo, branch string, r Rules) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustRepo(repo).rules[branch] = r
}

func (c *call) branchRules() reply {
	r, out := c.repo.rules[c.r.PathValue("branch")], []any{}
	rule := func(kind string, parameters any) {
		out = append(out, map[string]any{
			"type": kind, "parameters": parameters, "ruleset_source_type": "Repository", "ruleset_source": c.repo.FullName, "ruleset_id": 7,
		})
	}
	if len(r.Required) > 0 {
		checks := []any{}
		for _, k := range r.Required {
			m := map[string]any{"context": k.Name}
			if k.App != 0 {
				m["integration_id"] = k.App
			}
			checks = append(checks, m)
		}
		rule("required_status_checks", map[string]any{"required_status_checks": checks, "strict_required_status_checks_policy": false})
	}
	if r.MergeQueue {
		rule("merge_queue", map[string]any{
			"check_response_timeout_minutes": 60, "grouping_strategy": "ALLGREEN", "max_entries_to_build": 5, "max_entries_to_merge": 5,
			"merge_method": "SQUASH", "min_entries_to_merge": 1, "min_entries_to_merge_wait_minutes": 5,
		})
	}
	from, to := c.page(len(out))
	return ok(out[from:to])
}

func (c *call) getBranch() reply {
	if rep, ok := c.need("contents", "read"); !ok {
		return rep
	}
	name := c.r.PathValue("branch")
	sha := c.repo.branches[name]
	if sha == "" {
		return fail(http.StatusNotFound, "Branch not found")
	}
	contexts, checks, level := []string{}, []any{}, "off"
	for _, k := range c.repo.rules[name].Protected {
		level, contexts = "non_admins", append(contexts, k.Name)
		m := map[string]any{"context": k.Name, "app_id": nil}
		if k.App != 0 {
			m["app_id"] = k.App
		}
		checks = append(checks, m)
	}
	at := c.db().URL + "/branches/" + url.PathEscape(name)
	return ok(map[string]any{
		"name": name, "commit": c.db().ShownJSON(sha), "protected": level != "off", "protection_url": at + "/protection",
		"_links": map[string]any{"self": at, "html": "https://github.example/" + c.repo.FullName + "/tree/" + url.PathEscape(name)},
		"protection": map[string]any{
			"enabled": level != "off", "required_status_checks": map[string]any{"enforcement_level": level, "contexts": contexts, "checks": checks},
		},
	})
}

func (c *call) getRepo() reply {
	may := c.actor.Permissions["contents"]
	out := body.Full(c.repo.ID, c.repo.FullName, body.M{"fork": c.repo.Fork})
	out["permissions"] = map[string]any{"admin": false, "maintain": false, "push": may == "write", "triage": false, "pull": may != ""}
	return ok(out)
}

// Log returns the commits of a branch, oldest first.
func (s *Server) Log(repo, branch string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.mustRepo(repo)
	return r.git.Log(r.branches[branch], "")
}
