// Package dispatch starts a workflow of a repository, finds the run that was started, and reads what that has left.
//
// It knows workflows that are started by hand (workflow_dispatch), their runs and artifacts. It refuses to know what a run is
// for, and whether what it left is to be believed: every field of a run is for the caller to hold against what was asked for.
package dispatch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/github/wire"
)

// Workflow is a workflow of a repository. It is safe for concurrent use.
type Workflow struct {
	Calls *wire.Caller
	// Wrap adds to an error what was done, and the permission that is missing.
	Wrap func(err error, permission, format string, args ...any) error
	Repo string // "owner/name"
	File string // name of its file below Folder, such as "pertask.yml"
}

// Folder is where a repository has its workflows.
const Folder = ".github/workflows/"

// Event is the event of runs that were started by hand.
const Event = "workflow_dispatch"

// StatusCompleted is the status of a run that has ended; every other one goes on.
const StatusCompleted = "completed"

// The conclusions of runs that have something to say of their own.
const (
	Success        = "success"
	Cancelled      = "cancelled"
	TimedOut       = "timed_out"
	StartupFailure = "startup_failure" // the file is no workflow that can be started
	ActionRequired = "action_required" // somebody has to approve it
)

// The refusals to start a workflow, by errors.Is.
var (
	// ErrNoWorkflow means that the default branch has no such file, or that the token may not see it.
	ErrNoWorkflow = errors.New("there is no such workflow")
	// ErrNotStartable is a workflow that cannot be started so: it is disabled, has no trigger workflow_dispatch, or has other
	// inputs.
	ErrNotStartable = errors.New("the workflow cannot be started")
)

// Run is one run of a workflow, as GitHub says.
type Run struct {
	ID      int64
	Title   string // of this run; what its file says under run-name
	Path    string // of the workflow's file
	Event   string
	Branch  string // of its commit
	HeadSHA string // the commit whose file runs
	Repo    int64  // id of the repository that the commit is in; 0 when that is gone
	Actor   string // login of who started it; "" when the account is gone
	// Again is the login of who has started it again, or Actor, and Attempt how often it was started.
	Again   string
	Attempt int
	Status  string // queued, in_progress, completed and others
	// Conclusion is "" until it is completed.
	Conclusion string
	URL        string // of its page
	Created    time.Time
}

type runJSON struct {
	ID         int64
	Title      string `json:"display_title"`
	Path       string
	Event      string
	Branch     *string             `json:"head_branch"`
	HeadSHA    string              `json:"head_sha"`
	Repo       *struct{ ID int64 } `json:"head_repository"`
	Actor      *struct{ Login string }
	Again      *struct{ Login string } `json:"triggering_actor"`
	Attempt    int                     `json:"run_attempt"`
	Status     *string
	Conclusion *string
	URL        string    `json:"html_url"`
	Created    time.Time `json:"created_at"`
}

func (j runJSON) run() Run {
	r := Run{ID: j.ID, Title: j.Title, Event: j.Event, HeadSHA: j.HeadSHA, Attempt: j.Attempt, URL: j.URL, Created: j.Created,
		Branch: text(j.Branch), Status: text(j.Status), Conclusion: text(j.Conclusion)}
	r.Path, _, _ = strings.Cut(j.Path, "@") // of workflows that others call it has their commit
	if j.Repo != nil {
		r.Repo = j.Repo.ID
	}
	if j.Actor != nil {
		r.Actor, r.Again = j.Actor.Login, j.Actor.Login
	}
	if j.Again != nil {
		r.Again = j.Again.Login
	}
	return r
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// Over reports whether the run has ended.
func (r Run) Over() bool { return r.Status == StatusCompleted }

func (w Workflow) path(rest string) string { return "repos/" + w.Repo + "/actions/" + rest }

func (w Workflow) file() string { return w.path("workflows/" + url.PathEscape(w.File)) }

// Start starts the workflow as it is on a branch of the repository, and returns the run's id where GitHub says it; 0 where it
// has to be looked for. A request whose outcome is not known is not repeated.
func (w Workflow) Start(ctx context.Context, branch string, inputs map[string]string) (int64, error) {
	var out struct {
		ID int64 `json:"workflow_run_id"`
	}
	in := map[string]any{"ref": "refs/heads/" + branch, "inputs": inputs, "return_run_details": true} // a tag may have the branch's name
	_, err := w.Calls.Do(ctx, wire.Call{Method: http.MethodPost, Path: w.file() + "/dispatches", In: in, Out: &out})
	var answer *wire.Error
	switch {
	case errors.Is(err, wire.ErrNotFound):
		err = fmt.Errorf("%w: %w", ErrNoWorkflow, err)
	case errors.As(err, &answer) && (answer.Status == http.StatusUnprocessableEntity || answer.Status == http.StatusBadRequest):
		err = fmt.Errorf("%w: %w", ErrNotStartable, err)
	}
	return out.ID, w.Wrap(err, "actions: write", "starting workflow %s of %s", wire.Clip(w.File, 80), w.Repo)
}

// maxPages bounds the runs that are looked at, of 100 each.
const maxPages = 10

// Runs lists the runs that somebody started by hand on a branch since a time, the newest first. Where the workflow is gone the
// error is wire.ErrNotFound.
func (w Workflow) Runs(ctx context.Context, branch, actor string, since time.Time) ([]Run, error) {
	var out []Run
	var page struct {
		Runs []runJSON `json:"workflow_runs"`
	}
	q := url.Values{"event": {Event}, "branch": {branch}, "actor": {actor}, "created": {">=" + since.UTC().Format(time.RFC3339)}}
	more, err := w.Calls.Pages(ctx, wire.Call{Path: w.file() + "/runs", Query: q, Out: &page}, maxPages, func(int) {
		for _, j := range page.Runs {
			out = append(out, j.run())
		}
		page.Runs = nil
	})
	if more && err == nil {
		err = errors.New("there are more of them than can be looked at")
	}
	return out, w.Wrap(err, "actions: read", "listing runs of workflow %s of %s", wire.Clip(w.File, 80), w.Repo)
}

// Read reads a run as it is now. It is for looking at often: an answer that has not changed costs no request of the limit.
func (w Workflow) Read(ctx context.Context, id int64) (Run, error) {
	var j runJSON
	_, err := w.Calls.Do(ctx, wire.Call{Path: w.path("runs/" + strconv.FormatInt(id, 10)), Out: &j, Poll: true})
	if err == nil && j.ID != id {
		err = fmt.Errorf("the answer is run %d", j.ID)
	}
	return j.run(), w.Wrap(err, "actions: read", "reading run %d of %s", id, w.Repo)
}

// Cancel asks for the end of a run. One that has ended already is no error.
func (w Workflow) Cancel(ctx context.Context, id int64) error {
	_, err := w.Calls.Do(ctx, wire.Call{Method: http.MethodPost, Path: w.path("runs/" + strconv.FormatInt(id, 10) + "/cancel"), Again: true})
	if answer := (*wire.Error)(nil); errors.As(err, &answer) && answer.Status == http.StatusConflict {
		err = nil
	}
	return w.Wrap(err, "actions: write", "cancelling run %d of %s", id, w.Repo)
}

// Artifact is what a run has left under a name.
type Artifact struct {
	ID      int64
	Name    string
	Size    int64 // in bytes, of the archive
	Expired bool
}

type artifactJSON struct {
	ID      int64
	Name    string
	Size    int64 `json:"size_in_bytes"`
	Expired bool
	Run     *struct{ ID int64 } `json:"workflow_run"`
}

// Artifacts are those of a run by a name, the newest first: each attempt of the run may have left one.
func (w Workflow) Artifacts(ctx context.Context, run int64, name string) ([]Artifact, error) {
	var out []Artifact
	var page struct{ Artifacts []artifactJSON }
	q := url.Values{"name": {name}, "per_page": {"100"}}
	_, err := w.Calls.Do(ctx, wire.Call{Path: w.path("runs/" + strconv.FormatInt(run, 10) + "/artifacts"), Query: q, Out: &page})
	for _, j := range page.Artifacts {
		if j.Name != name || j.Run == nil || j.Run.ID != run {
			continue // GitHub was asked for others
		}
		out = append(out, Artifact{ID: j.ID, Name: j.Name, Size: j.Size, Expired: j.Expired})
	}
	return out, w.Wrap(err, "actions: read", "listing artifacts of run %d of %s", run, w.Repo)
}

// Download returns the ZIP archive of an artifact, of at most so many bytes. GitHub answers with a redirect to another server,
// whose address is a key of its own; the token is not sent there.
func (w Workflow) Download(ctx context.Context, id, most int64) ([]byte, error) {
	data, err := w.Calls.Bytes(ctx, w.path("artifacts/"+strconv.FormatInt(id, 10)+"/zip"), most)
	return data, w.Wrap(err, "actions: read", "reading artifact %d of %s", id, w.Repo)
}
