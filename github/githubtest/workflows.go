package githubtest

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/github/githubtest/runstore"
)

// WorkflowRun is one run of a workflow.
type WorkflowRun = runstore.Run

// Zip packs the files of an artifact.
func Zip(files map[string][]byte) []byte { return runstore.Zip(files) }

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
	repo("POST actions/workflows/{file}/dispatches", (*call).startWorkflow)
	repo("GET actions/workflows/{file}/runs", (*call).listRuns)
	repo("GET actions/runs/{id}", (*call).getRun)
	repo("POST actions/runs/{id}/cancel", (*call).cancelRun)
	repo("GET actions/runs/{id}/artifacts", (*call).listArtifacts)
	repo("GET actions/artifacts/{id}/{format}", (*call).getArtifact)
}

// workflow is the text of a workflow's file on a branch.
func (c *call) workflow(branch string) (text string, found bool) {
	e, found := c.repo.Git.At(c.repo.Branches[branch], ".github/workflows/"+c.r.PathValue("file"))
	if !found {
		return "", false
	}
	return c.repo.Git.Text(e), true
}

func (c *call) startWorkflow() reply {
	if rep, ok := c.need("actions", "write"); !ok {
		return rep
	}
	var in struct {
		Ref     string
		Inputs  map[string]string
		Details bool `json:"return_run_details"`
	}
	if rep, ok := c.decode(&in); !ok {
		return rep
	}
	if _, there := c.workflow("main"); !there { // GitHub knows a workflow by the default branch
		return notFound
	}
	branch := strings.TrimPrefix(in.Ref, "refs/heads/")
	text, there := c.workflow(branch)
	if !there {
		return fail(http.StatusUnprocessableEntity, "No ref found for: %s", in.Ref)
	}
	r, no := c.repo.Runs.Start(c.r.PathValue("file"), text, runstore.Run{Branch: branch, SHA: c.repo.Branches[branch], Actor: c.actor.Login, Inputs: in.Inputs}, c.s.opt.Now())
	if no != nil {
		return fail(http.StatusUnprocessableEntity, "%s", no.Message)
	}
	if f := c.s.onRun; f != nil {
		go f(c.repo.FullName, *r)
	}
	if !in.Details || c.s.opt.Silent {
		return reply{status: http.StatusNoContent}
	}
	m := r.JSON(c.repo.ID, c.repo.FullName)
	return ok(map[string]any{"workflow_run_id": r.ID, "run_url": m["url"], "html_url": m["html_url"]})
}

func (c *call) listRuns() reply {
	if rep, ok := c.need("actions", "read"); !ok {
		return rep
	}
	file, q := c.r.PathValue("file"), c.r.URL.Query()
	if _, there := c.workflow("main"); !there && !c.repo.Runs.Knows(file) {
		return notFound
	}
	since, _ := time.Parse(time.RFC3339, strings.TrimPrefix(q.Get("created"), ">="))
	all := c.repo.Runs.Where(runstore.Filter{File: file, Event: q.Get("event"), Branch: q.Get("branch"), Actor: q.Get("actor"), Since: since})
	from, to := c.page(len(all))
	out := []any{}
	for _, r := range all[from:to] {
		out = append(out, r.JSON(c.repo.ID, c.repo.FullName))
	}
	return ok(map[string]any{"total_count": len(all), "workflow_runs": out})
}

// onTheRun answers about the run that the path names.
func (c *call) onTheRun(level string, h func(*runstore.Run) reply) reply {
	if rep, ok := c.need("actions", level); !ok {
		return rep
	}
	id, _ := strconv.ParseInt(c.r.PathValue("id"), 10, 64)
	if r := c.repo.Runs.Find(id); r != nil {
		return h(r)
	}
	return notFound
}

func (c *call) getRun() reply {
	return c.onTheRun("read", func(r *runstore.Run) reply { return ok(r.JSON(c.repo.ID, c.repo.FullName)) })
}

func (c *call) cancelRun() reply {
	return c.onTheRun("write", func(r *runstore.Run) reply {
		if !c.repo.Runs.Cancel(r) {
			return fail(http.StatusConflict, "Cannot cancel a workflow run that is completed.")
		}
		return reply{status: http.StatusAccepted, body: map[string]any{}}
	})
}

func (c *call) listArtifacts() reply {
	return c.onTheRun("read", func(r *runstore.Run) reply {
		out := []any{}
		for _, a := range r.Artifacts {
			if name := c.r.URL.Query().Get("name"); name == "" || name == a.Name {
				out = append([]any{a.JSON(r, c.repo.ID, c.repo.FullName)}, out...)
			}
		}
		return ok(map[string]any{"total_count": len(out), "artifacts": out})
	})
}

// getArtifact redirects to another server, with a key in the address.
func (c *call) getArtifact() reply {
	if rep, ok := c.need("actions", "read"); !ok {
		return rep
	}
	id, _ := strconv.ParseInt(c.r.PathValue("id"), 10, 64)
	_, a := c.repo.Runs.Artifact(id)
	switch {
	case a == nil || c.r.PathValue("format") != "zip":
		return notFound
	case a.Expired:
		return fail(http.StatusGone, "Artifact has expired")
	}
	key, p := random(12), "/"+c.repo.FullName+"/artifact/"+strconv.FormatInt(id, 10)
	c.s.tickets[key] = p
	c.head.Set("Location", c.s.cdn.URL+p+"?token="+key)
	return reply{status: http.StatusFound}
}
