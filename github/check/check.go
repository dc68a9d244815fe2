// Package check makes, changes and lists check runs.
//
// It knows their form on the wire, their limits, and that a write whose outcome GitHub's answer left open is looked for before it is
// made again. It refuses to know what a check run says, and how errors are told to people: package github has its names as its own.
package check

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/pertask/pertask/github/cut"
	"github.com/pertask/pertask/github/wire"
)

// The statuses of a check run that we set, and its conclusions.
const (
	StatusQueued     = "queued"
	StatusInProgress = "in_progress"
	StatusCompleted  = "completed"

	ConclusionSuccess        = "success"
	ConclusionNeutral        = "neutral" // satisfies a required check, as skipped does
	ConclusionFailure        = "failure"
	ConclusionActionRequired = "action_required"
	ConclusionCancelled      = "cancelled"
	ConclusionSkipped        = "skipped"
	ConclusionTimedOut       = "timed_out"
)

// Run is one check run of ours. Texts that are too long are cut on a line.
type Run struct {
	ID      int64  // read only
	Name    string // never that of the workflow's job, which is a check run of GitHub's own
	HeadSHA string // the pull request's head, not the merge commit that a workflow runs at
	// Status is queued, in_progress or completed; "" is queued when created and unchanged when updated.
	Status string
	// Conclusion is set exactly when Status is completed.
	Conclusion string
	Title      string
	Summary    string // Markdown; required by GitHub when there is any output, and then "" is written as the title
	Text       string // Markdown, below the summary
	DetailsURL string // overwritten by GitHub for a workflow's token
	// ExternalID is the caller's key of what the check run is about. It finds a check run again whose
	// creation was not answered.
	ExternalID  string
	Annotations []Annotation // appended to those that are there, in batches of 50
	Actions     []Action     // buttons; an App's only, at most 3, shown when completed
	Started     time.Time    // zero is now when created, unchanged when updated
	App         string       // read only: slug of the App that made it
}

// Annotation is a remark on lines of a file of the head.
type Annotation struct {
	Path      string
	StartLine int    // 1-based
	EndLine   int    // 0 is StartLine
	Level     string // notice, warning or failure
	Title     string // one line, cut at 255 bytes
	Message   string // cut at 64 KiB
}

// Action is a button of a completed check run.
type Action struct {
	Label       string `json:"label"`       // at most 20 characters
	Description string `json:"description"` // at most 40 characters
	Identifier  string `json:"identifier"`  // at most 20 characters; comes back in the event
}

const (
	// maxOutput is the limit of each text of the output, in bytes. GitHub refuses a longer summary and cuts a
	// longer text in the middle of a line.
	maxOutput       = 65_535
	annotationBatch = 50
	maxAnnotation   = 64 << 10
	maxTitle        = 255
)

type output struct {
	Title       string      `json:"title"`
	Summary     string      `json:"summary"`
	Text        string      `json:"text,omitempty"`
	Annotations []annotated `json:"annotations,omitempty"`
	Count       int         `json:"annotations_count,omitempty"` // read only
}

type annotated struct {
	Path      string `json:"path"`
	StartLine int    `json:"start_line"`
	EndLine   int    `json:"end_line"`
	Level     string `json:"annotation_level"`
	Title     string `json:"title,omitempty"`
	Message   string `json:"message"`
}

// runJSON is a check run on the wire, in both directions.
type runJSON struct {
	ID          int64      `json:"id,omitempty"`
	Name        string     `json:"name,omitempty"`
	HeadSHA     string     `json:"head_sha,omitempty"`
	Status      string     `json:"status,omitempty"`
	Conclusion  string     `json:"conclusion,omitempty"`
	DetailsURL  string     `json:"details_url,omitempty"`
	ExternalID  string     `json:"external_id,omitempty"`
	StartedAt   *time.Time `json:"started_at,omitempty"`
	CompletedAt *time.Time `json:"completed_at,omitempty"`
	Output      *output    `json:"output,omitempty"`
	Actions     []Action   `json:"actions,omitempty"`
	App         *struct {
		ID   int64  `json:"id"`
		Slug string `json:"slug"`
	} `json:"app,omitempty"`
}

// Runs are the check runs of a repository. It is safe for concurrent use.
type Runs struct {
	Calls *wire.Caller
	Repo  string // "owner/name"
	// AppID is the App's whose check runs are listed; 0 for everybody's.
	AppID   int64
	Retries int // after the first attempt at a write
	Sleep   func(context.Context, time.Duration) error
	Now     func() time.Time
	Redact  func(string) string // hides secrets in what is written
}

// validate refuses what GitHub would refuse, so that the error names the field.
func (cr Run) validate() error {
	switch cr.Status {
	case "", StatusQueued, StatusInProgress, StatusCompleted:
	default:
		return fmt.Errorf("status %q is not allowed; queued, in_progress and completed are", cr.Status)
	}
	switch cr.Conclusion {
	case "", ConclusionSuccess, ConclusionNeutral, ConclusionFailure, ConclusionActionRequired, ConclusionCancelled,
		ConclusionSkipped, ConclusionTimedOut:
	default:
		return fmt.Errorf("conclusion %q is not allowed", cr.Conclusion)
	}
	if (cr.Status == StatusCompleted) != (cr.Conclusion != "") {
		return fmt.Errorf("conclusion %q does not go with status %q", cr.Conclusion, cr.Status)
	}
	if len(cr.Actions) > 3 {
		return fmt.Errorf("%d actions; 3 are allowed", len(cr.Actions))
	}
	for _, a := range cr.Actions {
		if n := len([]rune(a.Label)); n == 0 || n > 20 || len([]rune(a.Description)) > 40 || len([]rune(a.Identifier)) > 20 {
			return fmt.Errorf("action %q: label and identifier have at most 20 characters, the description 40", a.Identifier)
		}
	}
	for i, a := range cr.Annotations {
		if a.Path == "" || a.StartLine < 1 || a.Message == "" {
			return fmt.Errorf("annotation %d needs a path, a line and a message", i)
		}
		if a.Level != "notice" && a.Level != "warning" && a.Level != "failure" {
			return fmt.Errorf("annotation %d: level %q; notice, warning and failure are allowed", i, a.Level)
		}
	}
	return nil
}

// wire returns the check run without its annotations, and those.
func (c Runs) wire(cr Run) (runJSON, []annotated) {
	out := runJSON{
		Name: cr.Name, HeadSHA: cr.HeadSHA, Status: cr.Status, Conclusion: cr.Conclusion,
		DetailsURL: cr.DetailsURL, ExternalID: cr.ExternalID, Actions: cr.Actions,
	}
	if !cr.Started.IsZero() {
		at := cr.Started.UTC().Truncate(time.Second)
		out.StartedAt = &at
	}
	if cr.Status == StatusCompleted {
		at := c.Now().UTC().Truncate(time.Second)
		out.CompletedAt = &at
	}
	if cr.Title != "" || cr.Summary != "" || cr.Text != "" || len(cr.Annotations) > 0 {
		title := cut.Line(c.Redact(cr.Title), maxTitle)
		if title == "" {
			title = cut.Line(c.Redact(cr.Name), maxTitle)
		}
		if title == "" {
			title = "pertask"
		}
		summary := cut.Text(c.Redact(cr.Summary), maxOutput)
		if summary == "" {
			summary = title
		}
		out.Output = &output{Title: title, Summary: summary, Text: cut.Text(c.Redact(cr.Text), maxOutput)}
	}
	notes := make([]annotated, 0, len(cr.Annotations))
	for _, a := range cr.Annotations {
		notes = append(notes, annotated{
			Path: a.Path, StartLine: a.StartLine, EndLine: max(a.EndLine, a.StartLine), Level: a.Level,
			Title: cut.Line(c.Redact(a.Title), maxTitle), Message: cut.Text(c.Redact(a.Message), maxAnnotation),
		})
	}
	return out, notes
}

// batch moves up to 50 annotations into the output and returns the others.
func (j runJSON) batch(notes []annotated) (runJSON, []annotated) {
	if j.Output == nil || len(notes) == 0 {
		return j, notes
	}
	n := min(len(notes), annotationBatch)
	o := *j.Output
	o.Annotations = notes[:n]
	j.Output = &o
	return j, notes[n:]
}

// Create makes a check run and returns its id. When GitHub's answer leaves it open whether it was made, it is looked for by name,
// external id and start before it is made again. When a later batch of annotations fails, the id is returned with the error.
func (c Runs) Create(ctx context.Context, cr Run) (int64, error) {
	if cr.Name == "" || !wire.IsSHA(cr.HeadSHA) {
		return 0, errors.New("a name and the full object id of the head are needed")
	}
	if err := cr.validate(); err != nil {
		return 0, err
	}
	if cr.Started.IsZero() {
		cr.Started = c.Now()
	}
	body, notes := c.wire(cr)
	firstBody, notes := body.batch(notes)
	made, err := c.post(ctx, firstBody)
	if err != nil {
		return 0, err
	}
	return made.ID, c.annotate(ctx, made.ID, body, notes, made.count())
}

func (j runJSON) count() int {
	if j.Output == nil {
		return 0
	}
	return j.Output.Count
}

// post creates a check run once.
func (c Runs) post(ctx context.Context, body runJSON) (runJSON, error) {
	for attempt := 0; ; attempt++ {
		made, err := c.do(ctx, "POST", "repos/"+c.Repo+"/check-runs", body)
		if err == nil || !wire.Unclear(err) || ctx.Err() != nil {
			return made, err
		}
		there, lookErr := c.list(ctx, body.HeadSHA, body.Name)
		if lookErr != nil {
			return runJSON{}, errors.Join(err, lookErr)
		}
		for _, t := range there {
			if t.ExternalID == body.ExternalID && t.StartedAt != nil && t.StartedAt.Equal(*body.StartedAt) && t.shows(body) {
				return t, nil
			}
		}
		if attempt >= c.Retries {
			return runJSON{}, err
		}
		if serr := c.Sleep(ctx, wire.Backoff(attempt)); serr != nil {
			return runJSON{}, err
		}
	}
}

// Update changes a check run. The whole output is replaced when any part of it is given; annotations are added.
func (c Runs) Update(ctx context.Context, id int64, cr Run) error {
	if id <= 0 {
		return errors.New("the check run has no id")
	}
	if err := cr.validate(); err != nil {
		return err
	}
	body, notes := c.wire(cr)
	body.HeadSHA = "" // cannot be changed
	firstBody, notes := body.batch(notes)
	before := -1 // unknown
	if len(cr.Annotations) > 0 {
		now, err := c.get(ctx, id)
		if err != nil {
			return err
		}
		before = now.count()
	}
	now, err := c.patch(ctx, id, firstBody, before)
	if err != nil {
		return err
	}
	return c.annotate(ctx, id, body, notes, now.count())
}

// annotate adds the annotations that did not fit into the first request. Each batch repeats the output,
// because GitHub replaces it, and nothing else.
func (c Runs) annotate(ctx context.Context, id int64, body runJSON, notes []annotated, before int) error {
	for len(notes) > 0 {
		var b runJSON
		b, notes = runJSON{Output: body.Output}.batch(notes)
		now, err := c.patch(ctx, id, b, before)
		if err != nil {
			return fmt.Errorf("adding annotations: %w", err)
		}
		before = now.count()
	}
	return nil
}

// patch changes a check run once. Annotations are appended by GitHub, so a change that was not answered
// is looked for before it is made again. Before is the number of annotations there were, -1 when unknown.
func (c Runs) patch(ctx context.Context, id int64, body runJSON, before int) (runJSON, error) {
	for attempt := 0; ; attempt++ {
		now, err := c.do(ctx, "PATCH", c.path(id), body)
		if err == nil || !wire.Unclear(err) || ctx.Err() != nil {
			return now, err
		}
		there, lookErr := c.get(ctx, id)
		if lookErr != nil {
			return runJSON{}, errors.Join(err, lookErr)
		}
		added := body.Output == nil || len(body.Output.Annotations) == 0 || before < 0 || there.count() > before
		if added && there.shows(body) {
			return there, nil
		}
		if attempt >= c.Retries {
			return runJSON{}, err
		}
		if serr := c.Sleep(ctx, wire.Backoff(attempt)); serr != nil {
			return runJSON{}, err
		}
	}
}

// shows reports whether a check run is as body asks.
func (j runJSON) shows(body runJSON) bool {
	same := func(have, want string) bool { return want == "" || have == want }
	if !same(j.Status, body.Status) || !same(j.Conclusion, body.Conclusion) || !same(j.ExternalID, body.ExternalID) || !same(j.Name, body.Name) {
		return false
	}
	if body.Output == nil {
		return true
	}
	return j.Output != nil && j.Output.Title == body.Output.Title && j.Output.Summary == body.Output.Summary && j.Output.Text == body.Output.Text
}

func (c Runs) get(ctx context.Context, id int64) (runJSON, error) {
	return c.do(ctx, "GET", c.path(id), nil)
}

func (c Runs) path(id int64) string {
	return "repos/" + c.Repo + "/check-runs/" + strconv.FormatInt(id, 10)
}

func (c Runs) do(ctx context.Context, method, path string, body any) (runJSON, error) {
	var out runJSON
	if _, err := c.Calls.Do(ctx, wire.Call{Method: method, Path: path, In: body, Out: &out}); err != nil {
		return runJSON{}, err
	}
	if out.ID <= 0 {
		return runJSON{}, errors.New("the answer has no id")
	}
	return out, nil
}

// List returns the check runs of a name on a commit, also those that a later one of the same name hides.
func (c Runs) List(ctx context.Context, sha, name string) ([]Run, error) {
	if !wire.IsSHA(sha) || name == "" {
		return nil, errors.New("a name and the full object id of the commit are needed")
	}
	all, err := c.list(ctx, sha, name)
	if err != nil {
		return nil, err
	}
	out := make([]Run, 0, len(all))
	for _, j := range all {
		out = append(out, j.run())
	}
	return out, nil
}

func (c Runs) list(ctx context.Context, sha, name string) ([]runJSON, error) {
	var all []runJSON
	for page := 1; page != 0; {
		q := url.Values{"check_name": {name}, "filter": {"all"}, "per_page": {"100"}, "page": {strconv.Itoa(page)}}
		if c.AppID != 0 {
			q.Set("app_id", strconv.FormatInt(c.AppID, 10))
		}
		var out struct {
			CheckRuns []runJSON `json:"check_runs"`
		}
		next, err := c.Calls.Do(ctx, wire.Call{Path: "repos/" + c.Repo + "/commits/" + sha + "/check-runs", Query: q, Out: &out})
		if err != nil {
			return nil, err
		}
		all = append(all, out.CheckRuns...)
		if next != 0 && next <= page {
			return nil, fmt.Errorf("page %d is followed by page %d", page, next)
		}
		page = next
	}
	return all, nil
}

func (j runJSON) run() Run {
	cr := Run{
		ID: j.ID, Name: j.Name, HeadSHA: j.HeadSHA, Status: j.Status, Conclusion: j.Conclusion,
		DetailsURL: j.DetailsURL, ExternalID: j.ExternalID,
	}
	if j.Output != nil {
		cr.Title, cr.Summary, cr.Text = j.Output.Title, j.Output.Summary, j.Output.Text
	}
	if j.StartedAt != nil {
		cr.Started = *j.StartedAt
	}
	if j.App != nil {
		cr.App = j.App.Slug
	}
	return cr
}
