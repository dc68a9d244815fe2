package github

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

// CheckRun is one check run of ours. Texts that are too long are cut on a line.
type CheckRun struct {
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
	Annotations []Annotation  // appended to those that are there, in batches of 50
	Actions     []CheckAction // buttons; an App's only, at most 3, shown when completed
	Started     time.Time     // zero is now when created, unchanged when updated
	App         string        // read only: slug of the App that made it
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

// CheckAction is a button of a completed check run.
type CheckAction struct {
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

type checkOutput struct {
	Title       string           `json:"title"`
	Summary     string           `json:"summary"`
	Text        string           `json:"text,omitempty"`
	Annotations []checkAnnotated `json:"annotations,omitempty"`
	Count       int              `json:"annotations_count,omitempty"` // read only
}

type checkAnnotated struct {
	Path      string `json:"path"`
	StartLine int    `json:"start_line"`
	EndLine   int    `json:"end_line"`
	Level     string `json:"annotation_level"`
	Title     string `json:"title,omitempty"`
	Message   string `json:"message"`
}

// checkJSON is a check run on the wire, in both directions.
type checkJSON struct {
	ID          int64         `json:"id,omitempty"`
	Name        string        `json:"name,omitempty"`
	HeadSHA     string        `json:"head_sha,omitempty"`
	Status      string        `json:"status,omitempty"`
	Conclusion  string        `json:"conclusion,omitempty"`
	DetailsURL  string        `json:"details_url,omitempty"`
	ExternalID  string        `json:"external_id,omitempty"`
	StartedAt   *time.Time    `json:"started_at,omitempty"`
	CompletedAt *time.Time    `json:"completed_at,omitempty"`
	Output      *checkOutput  `json:"output,omitempty"`
	Actions     []CheckAction `json:"actions,omitempty"`
	App         *struct {
		ID   int64  `json:"id"`
		Slug string `json:"slug"`
	} `json:"app,omitempty"`
}

// CreateCheck makes a check run and returns its id. When GitHub's answer leaves it open whether it was
// made, CreateCheck looks for it, by name, external id and start, before it tries again. When a later batch
// of annotations fails, the id is returned with the error.
func (c *Client) CreateCheck(ctx context.Context, repo Repo, cr CheckRun) (int64, error) {
	id, err := c.createCheck(ctx, repo, cr)
	return id, c.wrap(err, "checks: write", "creating check run %q on %s at %s", wire.Clip(cr.Name, 80), repo, wire.Clip(cr.HeadSHA, 64))
}

// UpdateCheck changes a check run. The whole output is replaced when any part of it is given; annotations
// are added. ErrCheckForbidden means that it must be replaced by a fresh one.
func (c *Client) UpdateCheck(ctx context.Context, repo Repo, id int64, cr CheckRun) error {
	err := c.updateCheck(ctx, repo, id, cr)
	return c.wrap(err, "checks: write", "updating check run %d on %s", id, repo)
}

// CompleteCheck is UpdateCheck for the end of a check run: it needs a conclusion.
func (c *Client) CompleteCheck(ctx context.Context, repo Repo, id int64, cr CheckRun) error {
	cr.Status = StatusCompleted
	err := c.updateCheck(ctx, repo, id, cr)
	return c.wrap(err, "checks: write", "completing check run %d on %s", id, repo)
}

// Checks lists the check runs of a name on a commit, also those that a later one of the same name hides. With
// an App they are those of the App; with a token look at App, because a name can be anyone's.
func (c *Client) Checks(ctx context.Context, repo Repo, sha, name string) ([]CheckRun, error) {
	out, err := c.checks(ctx, repo, sha, name)
	return out, c.wrap(err, "checks: read", "listing check runs %q on %s at %s", wire.Clip(name, 80), repo, wire.Clip(sha, 64))
}

// validate refuses what GitHub would refuse, so that the error names the field.
func (cr CheckRun) validate() error {
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
func (c *Client) wire(cr CheckRun) (checkJSON, []checkAnnotated) {
	out := checkJSON{
		Name: cr.Name, HeadSHA: cr.HeadSHA, Status: cr.Status, Conclusion: cr.Conclusion,
		DetailsURL: cr.DetailsURL, ExternalID: cr.ExternalID, Actions: cr.Actions,
	}
	if !cr.Started.IsZero() {
		at := cr.Started.UTC().Truncate(time.Second)
		out.StartedAt = &at
	}
	if cr.Status == StatusCompleted {
		at := c.now().UTC().Truncate(time.Second)
		out.CompletedAt = &at
	}
	if cr.Title != "" || cr.Summary != "" || cr.Text != "" || len(cr.Annotations) > 0 {
		title := cut.Line(c.redact(cr.Title), maxTitle)
		if title == "" {
			title = cut.Line(c.redact(cr.Name), maxTitle)
		}
		if title == "" {
			title = "pertask"
		}
		summary := cut.Text(c.redact(cr.Summary), maxOutput)
		if summary == "" {
			summary = title
		}
		out.Output = &checkOutput{Title: title, Summary: summary, Text: cut.Text(c.redact(cr.Text), maxOutput)}
	}
	notes := make([]checkAnnotated, 0, len(cr.Annotations))
	for _, a := range cr.Annotations {
		notes = append(notes, checkAnnotated{
			Path: a.Path, StartLine: a.StartLine, EndLine: max(a.EndLine, a.StartLine), Level: a.Level,
			Title: cut.Line(c.redact(a.Title), maxTitle), Message: cut.Text(c.redact(a.Message), maxAnnotation),
		})
	}
	return out, notes
}

// batch moves up to 50 annotations into the output and returns the others.
func (j checkJSON) batch(notes []checkAnnotated) (checkJSON, []checkAnnotated) {
	if j.Output == nil || len(notes) == 0 {
		return j, notes
	}
	n := min(len(notes), annotationBatch)
	o := *j.Output
	o.Annotations = notes[:n]
	j.Output = &o
	return j, notes[n:]
}

func (c *Client) createCheck(ctx context.Context, repo Repo, cr CheckRun) (int64, error) {
	if !repo.valid() {
		return 0, errRepo
	}
	if cr.Name == "" || !IsSHA(cr.HeadSHA) {
		return 0, errors.New("a name and the full object id of the head are needed")
	}
	if err := cr.validate(); err != nil {
		return 0, err
	}
	if cr.Started.IsZero() {
		cr.Started = c.now()
	}
	body, notes := c.wire(cr)
	firstBody, notes := body.batch(notes)
	made, err := c.postCheck(ctx, repo, firstBody)
	if err != nil {
		return 0, err
	}
	return made.ID, c.annotate(ctx, repo, made.ID, body, notes, made.count())
}

func (j checkJSON) count() int {
	if j.Output == nil {
		return 0
	}
	return j.Output.Count
}

// postCheck creates a check run once.
func (c *Client) postCheck(ctx context.Context, repo Repo, body checkJSON) (checkJSON, error) {
	for attempt := 0; ; attempt++ {
		made, err := c.doCheck(ctx, "POST", "repos/"+repo.String()+"/check-runs", body)
		if err == nil || !wire.Unclear(err) || ctx.Err() != nil {
			return made, err
		}
		there, lookErr := c.listChecks(ctx, repo, body.HeadSHA, body.Name)
		if lookErr != nil {
			return checkJSON{}, errors.Join(err, lookErr)
		}
		for _, t := range there {
			if t.ExternalID == body.ExternalID && t.StartedAt != nil && t.StartedAt.Equal(*body.StartedAt) && t.shows(body) {
				return t, nil
			}
		}
		if attempt >= c.retries {
			return checkJSON{}, err
		}
		if serr := c.sleep(ctx, wire.Backoff(attempt)); serr != nil {
			return checkJSON{}, err
		}
	}
}

func (c *Client) updateCheck(ctx context.Context, repo Repo, id int64, cr CheckRun) error {
	if !repo.valid() {
		return errRepo
	}
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
		now, err := c.getCheck(ctx, repo, id)
		if err != nil {
			return err
		}
		before = now.count()
	}
	now, err := c.patchCheck(ctx, repo, id, firstBody, before)
	if err != nil {
		return err
	}
	return c.annotate(ctx, repo, id, body, notes, now.count())
}

// annotate adds the annotations that did not fit into the first request. Each batch repeats the output,
// because GitHub replaces it, and nothing else.
func (c *Client) annotate(ctx context.Context, repo Repo, id int64, body checkJSON, notes []checkAnnotated, before int) error {
	for len(notes) > 0 {
		var b checkJSON
		b, notes = checkJSON{Output: body.Output}.batch(notes)
		now, err := c.patchCheck(ctx, repo, id, b, before)
		if err != nil {
			return fmt.Errorf("adding annotations: %w", err)
		}
		before = now.count()
	}
	return nil
}

// patchCheck changes a check run once. Annotations are appended by GitHub, so a change that was not answered
// is looked for before it is made again. Before is the number of annotations there were, -1 when unknown.
func (c *Client) patchCheck(ctx context.Context, repo Repo, id int64, body checkJSON, before int) (checkJSON, error) {
	for attempt := 0; ; attempt++ {
		now, err := c.doCheck(ctx, "PATCH", checkPath(repo, id), body)
		if err == nil || !wire.Unclear(err) || ctx.Err() != nil {
			return now, err
		}
		there, lookErr := c.getCheck(ctx, repo, id)
		if lookErr != nil {
			return checkJSON{}, errors.Join(err, lookErr)
		}
		added := body.Output == nil || len(body.Output.Annotations) == 0 || before < 0 || there.count() > before
		if added && there.shows(body) {
			return there, nil
		}
		if attempt >= c.retries {
			return checkJSON{}, err
		}
		if serr := c.sleep(ctx, wire.Backoff(attempt)); serr != nil {
			return checkJSON{}, err
		}
	}
}

// shows reports whether a check run is as body asks.
func (j checkJSON) shows(body checkJSON) bool {
	same := func(have, want string) bool { return want == "" || have == want }
	if !same(j.Status, body.Status) || !same(j.Conclusion, body.Conclusion) || !same(j.ExternalID, body.ExternalID) || !same(j.Name, body.Name) {
		return false
	}
	if body.Output == nil {
		return true
	}
	return j.Output != nil && j.Output.Title == body.Output.Title && j.Output.Summary == body.Output.Summary && j.Output.Text == body.Output.Text
}

func (c *Client) getCheck(ctx context.Context, repo Repo, id int64) (checkJSON, error) {
	return c.doCheck(ctx, "GET", checkPath(repo, id), nil)
}

func checkPath(repo Repo, id int64) string {
	return "repos/" + repo.String() + "/check-runs/" + strconv.FormatInt(id, 10)
}

func (c *Client) doCheck(ctx context.Context, method, path string, body any) (checkJSON, error) {
	req, err := c.rest.NewRequest(method, path, body)
	if err != nil {
		return checkJSON{}, err
	}
	var out checkJSON
	if _, err := c.rest.Do(ctx, req, &out); err != nil {
		return checkJSON{}, err
	}
	if out.ID <= 0 {
		return checkJSON{}, errors.New("the answer has no id")
	}
	return out, nil
}

func (c *Client) checks(ctx context.Context, repo Repo, sha, name string) ([]CheckRun, error) {
	if !repo.valid() {
		return nil, errRepo
	}
	if !IsSHA(sha) || name == "" {
		return nil, errors.New("a name and the full object id of the commit are needed")
	}
	all, err := c.listChecks(ctx, repo, sha, name)
	if err != nil {
		return nil, err
	}
	out := make([]CheckRun, 0, len(all))
	for _, j := range all {
		out = append(out, j.run())
	}
	return out, nil
}

func (c *Client) listChecks(ctx context.Context, repo Repo, sha, name string) ([]checkJSON, error) {
	var all []checkJSON
	for page := 1; page != 0; {
		q := url.Values{"check_name": {name}, "filter": {"all"}, "per_page": {"100"}, "page": {strconv.Itoa(page)}}
		if c.appID != 0 {
			q.Set("app_id", strconv.FormatInt(c.appID, 10))
		}
		req, err := c.rest.NewRequest("GET", "repos/"+repo.String()+"/commits/"+sha+"/check-runs?"+q.Encode(), nil)
		if err != nil {
			return nil, err
		}
		var out struct {
			CheckRuns []checkJSON `json:"check_runs"`
		}
		resp, err := c.rest.Do(ctx, req, &out)
		if err != nil {
			return nil, err
		}
		all = append(all, out.CheckRuns...)
		if resp.NextPage != 0 && resp.NextPage <= page {
			return nil, fmt.Errorf("page %d is followed by page %d", page, resp.NextPage)
		}
		page = resp.NextPage
	}
	return all, nil
}

func (j checkJSON) run() CheckRun {
	cr := CheckRun{
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
