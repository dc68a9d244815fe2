package githubtest

import (
	"net/http"

	"github.com/pertask/pertask/github/githubtest/runstore"
)

// WorkflowRun is one run of a workflow.
type WorkflowRun = runstore.Run

// Runs returns the runs of a repository's workflows, oldest first.
func (s *Server) Runs(repo string) []WorkflowRun {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []WorkflowRun
	for _, r := range s.mustRepo(repo).Runs.Where(runstore.Filter{}) {
		out = append([]WorkflowRun{*r}, out...)
	}
	return out
}

// OnRun calls f with each run that is started from now on, in a goroutine of its own: a runner that takes it.
func (s *Server) OnRun(f func(repo string, r WorkflowRun)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onRun = f
}

// ChangeRun changes a run: its status and conclusion, or whatever else a test wants to be wrong with it.
func (s *Server) ChangeRun(repo string, id int64, change func(*WorkflowRun)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s.mustRepo(repo).Runs.Find(id))
}

// LeaveArtifact leaves an archive in a run under a name, and returns its id.
func (s *Server) LeaveArtifact(repo string, id int64, name string, data []byte) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	runs := s.mustRepo(repo).Runs
	return runs.Leave(runs.Find(id), name, data).ID
}

// DisableWorkflow disables the workflow in a file.
func (s *Server) DisableWorkflow(repo, file string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustRepo(repo).Runs.Disabled[file] = true
}

func (s *Server) workflowRoutes(repo func(string, func(*call) reply)) {
	repo("POST actions/workflows/{file}/dispatches", runsCall("write", func(a runstore.REST, c *call) runstore.Answer {
		return a.Dispatch(c.r.PathValue("file"), c.actor.Login, c.body)
	}))
	repo("GET actions/workflows/{file}/runs", runsCall("read", func(a runstore.REST, c *call) runstore.Answer {
		return a.List(c.r.PathValue("file"), c.r.URL.Query(), c.page)
	}))
	repo("GET actions/runs/{id}", runsCall("read", func(a runstore.REST, c *call) runstore.Answer { return a.Get(c.r.PathValue("id")) }))
	repo("POST actions/runs/{id}/cancel", runsCall("write", func(a runstore.REST, c *call) runstore.Answer { return a.End(c.r.PathValue("id")) }))
	repo("GET actions/runs/{id}/artifacts", runsCall("read", func(a runstore.REST, c *call) runstore.Answer {
		return a.Artifacts(c.r.PathValue("id"), c.r.URL.Query().Get("name"))
	}))
	repo("GET actions/artifacts/{id}/{format}", runsCall("read", getArtifact))
}

// runsCall returns a handler of the interface to runs.
func runsCall(level string, answer func(runstore.REST, *call) runstore.Answer) func(*call) reply {
	return func(c *call) reply {
		if rep, ok := c.need("actions", level); !ok {
			return rep
		}
		a := answer(c.runs(), c)
		if a.Status >= 400 {
			return fail(a.Status, "%s", a.Message)
		}
		return reply{status: a.Status, body: a.Body}
	}
}

func (c *call) runs() runstore.REST {
	a := runstore.REST{Store: c.repo.Runs, ID: c.repo.ID, Name: c.repo.FullName, Branches: c.repo.Branches, Now: c.s.opt.Now(), Silent: c.s.opt.Silent,
		File: func(branch, path string) (string, bool) {
			e, found := c.repo.Git.At(c.repo.Branches[branch], path)
			if !found {
				return "", false
			}
			return c.repo.Git.Text(e), true
		}}
	if f, name := c.s.onRun, c.repo.FullName; f != nil {
		a.Started = func(r runstore.Run) { f(name, r) }
	}
	return a
}

// getArtifact redirects to another server, with a key in the address.
func getArtifact(a runstore.REST, c *call) runstore.Answer {
	id := c.r.PathValue("id")
	out := a.Archive(id, c.r.PathValue("format"))
	if out.Status == http.StatusFound {
		key, p := random(12), "/"+c.repo.FullName+"/artifact/"+id
		c.s.tickets[key] = p
		c.head.Set("Location", c.s.cdn.URL+p+"?token="+key)
	}
	return out
}
