package runstore

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Answer is what GitHub answers. With a status of 400 or above, Body is nil and Message says why.
type Answer struct {
	Status  int
	Body    any
	Message string
}

var missing = Answer{Status: http.StatusNotFound, Message: "Not Found"}

// REST is the interface to the runs of one repository.
type REST struct {
	*Store
	ID   int64  // of the repository
	Name string // "owner/name"
	// Branches are its branches, and File the text of a file on one of them.
	Branches map[string]string
	File     func(branch, path string) (text string, found bool)
	Now      time.Time
	// Started is told of a new run; may be nil.
	Started func(Run)
	// Silent says that the run which was started is not told, as GitHub did in earlier years.
	Silent bool
}

func (a REST) workflow(file, branch string) (text string, found bool) {
	return a.File(branch, ".github/workflows/"+file)
}

// Dispatch starts the workflow in a file as somebody asks for in a body.
func (a REST) Dispatch(file, actor string, body []byte) Answer {
	var in struct {
		Ref     string
		Inputs  map[string]string
		Details bool `json:"return_run_details"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return Answer{Status: http.StatusBadRequest, Message: "Problems parsing JSON"}
	}
	if _, there := a.workflow(file, "main"); !there { // GitHub knows a workflow by the default branch
		return missing
	}
	branch := strings.TrimPrefix(in.Ref, "refs/heads/")
	text, there := a.workflow(file, branch)
	if !there {
		return Answer{Status: http.StatusUnprocessableEntity, Message: "No ref found for: " + in.Ref}
	}
	r, no := a.Start(file, text, Run{Branch: branch, SHA: a.Branches[branch], Actor: actor, Inputs: in.Inputs}, a.Now)
	if no != nil {
		return Answer{Status: http.StatusUnprocessableEntity, Message: no.Message}
	}
	if a.Started != nil {
		go a.Started(*r)
	}
	if !in.Details || a.Silent {
		return Answer{Status: http.StatusNoContent}
	}
	m := r.JSON(a.ID, a.Name)
	return Answer{Status: http.StatusOK, Body: map[string]any{"workflow_run_id": r.ID, "run_url": m["url"], "html_url": m["html_url"]}}
}

// List lists the runs of the workflow in a file that a query asks for. page says which of so many are asked for.
func (a REST) List(file string, q url.Values, page func(total int) (from, to int)) Answer {
	if _, there := a.workflow(file, "main"); !there && !a.Knows(file) {
		return missing
	}
	since, _ := time.Parse(time.RFC3339, strings.TrimPrefix(q.Get("created"), ">="))
	all := a.Where(Filter{File: file, Event: q.Get("event"), Branch: q.Get("branch"), Actor: q.Get("actor"), Since: since})
	from, to := page(len(all))
	out := []any{}
	for _, r := range all[from:to] {
		out = append(out, r.JSON(a.ID, a.Name))
	}
	return Answer{Status: http.StatusOK, Body: map[string]any{"total_count": len(all), "workflow_runs": out}}
}

// run answers about a run that a path names.
func (a REST) run(id string, h func(*Run) Answer) Answer {
	n, _ := strconv.ParseInt(id, 10, 64)
	if r := a.Find(n); r != nil {
		return h(r)
	}
	return missing
}

// Get shows a run.
func (a REST) Get(id string) Answer {
	return a.run(id, func(r *Run) Answer { return Answer{Status: http.StatusOK, Body: r.JSON(a.ID, a.Name)} })
}

// End cancels a run.
func (a REST) End(id string) Answer {
	return a.run(id, func(r *Run) Answer {
		if !a.Cancel(r) {
			return Answer{Status: http.StatusConflict, Message: "Cannot cancel a workflow run that is completed."}
		}
		return Answer{Status: http.StatusAccepted, Body: map[string]any{}}
	})
}

// Artifacts lists what a run has left, of one name or of all with "".
func (a REST) Artifacts(id, name string) Answer {
	return a.run(id, func(r *Run) Answer {
		out := []any{}
		for _, x := range r.Artifacts {
			if name == "" || name == x.Name {
				out = append([]any{x.JSON(r, a.ID, a.Name)}, out...)
			}
		}
		return Answer{Status: http.StatusOK, Body: map[string]any{"total_count": len(out), "artifacts": out}}
	})
}

// Archive answers with a redirect to an archive of an artifact; the address is the caller's to make.
func (a REST) Archive(id, format string) Answer {
	n, _ := strconv.ParseInt(id, 10, 64)
	_, x := a.Artifact(n)
	switch {
	case x == nil || format != "zip":
		return missing
	case x.Expired:
		return Answer{Status: http.StatusGone, Message: "Artifact has expired"}
	}
	return Answer{Status: http.StatusFound}
}
