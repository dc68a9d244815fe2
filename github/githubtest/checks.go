package githubtest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// Check is a check run.
type Check struct {
	ID          int64
	NodeID      string
	Name        string
	HeadSHA     string
	Status      string
	Conclusion  string
	DetailsURL  string
	ExternalID  string
	HasOutput   bool
	Title       string
	Summary     string
	Text        string
	Annotations []Annotation
	Actions     []Action
	App         int64
	Slug        string
	Suite       int64
	// Job says that GitHub Actions made it for a job, so that no token may change how it stands.
	Job       bool
	Started   time.Time
	Completed time.Time
}

// Annotation is an annotation of a check run.
type Annotation struct {
	Path            string `json:"path"`
	StartLine       int    `json:"start_line"`
	EndLine         int    `json:"end_line"`
	AnnotationLevel string `json:"annotation_level"`
	Title           string `json:"title"`
	Message         string `json:"message"`
}

// Action is a button of a check run.
type Action struct{ Label, Description, Identifier string }

const (
	maxOutput      = 65_535
	maxAnnotations = 50
	maxSameName    = 1000
)

// AddJob adds the check run in progress that GitHub Actions makes for a workflow's job.
func (s *Server) AddJob(repo, sha, name string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.newCheck(s.mustRepo(repo), WorkflowActor(), sha, name)
	k.Status, k.Job = "in_progress", true
	return k.ID
}

// Checks returns the check runs on a commit, oldest first.
func (s *Server) Checks(repo, sha string) []Check {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Check
	for _, k := range s.mustRepo(repo).checks {
		if k.HeadSHA == sha {
			out = append(out, *k)
		}
	}
	return out
}

func (s *Server) newCheck(r *repo, a Actor, sha, name string) *Check {
	key := fmt.Sprintf("%d %s", a.App, sha)
	if r.suites[key] == 0 {
		r.suites[key] = s.id()
	}
	id := s.id()
	k := &Check{
		ID: id, NodeID: fmt.Sprintf("CR_%d", id), Name: name, HeadSHA: sha, Status: "queued", App: a.App, Slug: a.Slug,
		Suite: r.suites[key], Started: s.opt.Now().UTC().Truncate(time.Second),
	}
	r.checks = append(r.checks, k)
	same := func(o *Check) bool { return o.Suite == k.Suite && o.Name == k.Name }
	n := 0
	for _, o := range r.checks {
		if same(o) {
			n++
		}
	}
	if n > maxSameName {
		i := slices.IndexFunc(r.checks, same)
		r.checks = slices.Delete(r.checks, i, i+1)
	}
	return k
}

func (k *Check) json() map[string]any {
	null := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	when := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.Format(rfc3339)
	}
	return map[string]any{
		"id": k.ID, "node_id": k.NodeID, "name": k.Name, "head_sha": k.HeadSHA, "status": k.Status, "conclusion": null(k.Conclusion),
		"details_url": k.DetailsURL, "html_url": k.htmlURL(), "external_id": k.ExternalID,
		"started_at": when(k.Started), "completed_at": when(k.Completed), "pull_requests": []any{},
		"app": map[string]any{"id": k.App, "slug": k.Slug}, "check_suite": map[string]any{"id": k.Suite},
		"output": map[string]any{
			"title": null(k.Title), "summary": null(k.Summary), "text": null(k.Text), "annotations_count": len(k.Annotations),
		},
	}
}

func (k *Check) htmlURL() string { return fmt.Sprintf("https://github.example/runs/%d", k.ID) }

// checkInput is the body of a create or update.
type checkInput struct {
	Name        *string
	HeadSHA     *string `json:"head_sha"`
	Status      *string
	Conclusion  *string
	DetailsURL  *string    `json:"details_url"`
	ExternalID  *string    `json:"external_id"`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
	Output      *struct {
		Title       *string
		Summary     *string
		Text        *string
		Annotations []Annotation
	}
	Actions []Action
}

func schemaError(format string, args ...any) reply {
	return fail(http.StatusUnprocessableEntity, "Invalid request.\n\n"+format, args...)
}

// validate enforces the limits of the Checks API, as measured where that differs from what is documented.
func (in *checkInput) validate() (reply, bool) {
	if in.Status != nil && !slices.Contains([]string{"queued", "in_progress", "completed"}, *in.Status) {
		return schemaError("%s is not a possible value for status.", *in.Status), false
	}
	if in.Conclusion != nil && !slices.Contains([]string{
		"action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out",
	}, *in.Conclusion) {
		return schemaError("%s is not a possible value for conclusion.", *in.Conclusion), false
	}
	if in.Status != nil && *in.Status == "completed" && in.Conclusion == nil {
		return schemaError(`"conclusion" is required when "status" is "completed".`), false
	}
	if rep, ok := in.validateActions(); !ok {
		return rep, false
	}
	if in.Output == nil {
		return reply{}, true
	}
	o := in.Output
	if o.Title == nil || o.Summary == nil {
		return schemaError(`"title" and "summary" weren't supplied for "output".`), false
	}
	for _, s := range []*string{o.Summary, o.Text} {
		if s != nil && len(utf16.Encode([]rune(*s))) > maxOutput {
			return schemaError("Only %d characters are allowed; %d were supplied.", maxOutput, len(utf16.Encode([]rune(*s)))), false
		}
	}
	if len(*o.Summary) > maxOutput {
		return fail(http.StatusUnprocessableEntity, "Validation Failed: summary exceeds a maximum bytesize of %d", maxOutput), false
	}
	return validateAnnotations(o.Annotations)
}

func (in *checkInput) validateActions() (reply, bool) {
	if len(in.Actions) > 3 {
		return schemaError("No more than 3 items are allowed; %d were supplied.", len(in.Actions)), false
	}
	for _, a := range in.Actions {
		if utf8.RuneCountInString(a.Label) > 20 || utf8.RuneCountInString(a.Description) > 40 || utf8.RuneCountInString(a.Identifier) > 20 {
			return schemaError("Only 20 characters are allowed."), false
		}
	}
	return reply{}, true
}

func validateAnnotations(all []Annotation) (reply, bool) {
	if len(all) > maxAnnotations {
		return schemaError("No more than %d items are allowed; %d were supplied.", maxAnnotations, len(all)), false
	}
	for _, a := range all {
		if a.Path == "" || a.StartLine < 1 || a.EndLine < a.StartLine || a.Message == "" ||
			!slices.Contains([]string{"notice", "warning", "failure"}, a.AnnotationLevel) {
			return schemaError("An annotation is not complete."), false
		}
		if utf8.RuneCountInString(a.Title) > 255 || len(a.Message) > 64<<10 {
			return schemaError("An annotation is too long."), false
		}
	}
	return reply{}, true
}

// apply changes k as the input says.
func (in *checkInput) apply(k *Check, now time.Time) {
	set := func(to *string, from *string) {
		if from != nil {
			*to = *from
		}
	}
	set(&k.Name, in.Name)
	set(&k.Status, in.Status)
	set(&k.ExternalID, in.ExternalID)
	set(&k.DetailsURL, in.DetailsURL)
	if k.App == ActionsApp || k.DetailsURL == "" {
		k.DetailsURL = k.htmlURL()
	}
	if in.StartedAt != nil {
		k.Started = *in.StartedAt
	}
	if in.Conclusion != nil {
		k.Conclusion, k.Status, k.Completed = *in.Conclusion, "completed", now
		if in.CompletedAt != nil {
			k.Completed = *in.CompletedAt
		}
	} else if in.Status != nil {
		k.Conclusion, k.Completed = "", time.Time{}
	}
	if in.Actions != nil {
		k.Actions = in.Actions
	}
	if in.Output == nil {
		return
	}
	k.HasOutput, k.Title, k.Summary, k.Text = true, *in.Output.Title, *in.Output.Summary, ""
	set(&k.Text, in.Output.Text)
	if len(k.Text) > maxOutput { // silently, wherever that falls
		k.Text = strings.ToValidUTF8(k.Text[:maxOutput], "")
	}
	k.Annotations = append(k.Annotations, in.Output.Annotations...)
}

func (c *call) createCheck() reply {
	if c.actor.App == 0 {
		return fail(http.StatusForbidden, "You must authenticate via a GitHub App.")
	}
	if rep, ok := c.need("checks", "write"); !ok {
		return rep
	}
	var in checkInput
	if rep, ok := c.decode(&in); !ok {
		return rep
	}
	if in.Name == nil || *in.Name == "" || in.HeadSHA == nil {
		return schemaError(`"name" and "head_sha" weren't supplied.`)
	}
	if c.repo.git.get(*in.HeadSHA, "commit") == nil {
		return fail(http.StatusUnprocessableEntity, "No commit found for SHA: %s", *in.HeadSHA)
	}
	if rep, ok := in.validate(); !ok {
		return rep
	}
	k := c.s.newCheck(c.repo, c.actor, *in.HeadSHA, *in.Name)
	in.apply(k, c.s.opt.Now().UTC())
	return reply{status: http.StatusCreated, body: k.json()}
}

func (c *call) findCheck() *Check {
	id, _ := strconv.ParseInt(c.r.PathValue("id"), 10, 64)
	for _, k := range c.repo.checks {
		if k.ID == id {
			return k
		}
	}
	return nil
}

func (c *call) getCheck() reply {
	if rep, ok := c.need("checks", "read"); !ok {
		return rep
	}
	if k := c.findCheck(); k != nil {
		return ok(k.json())
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
	var in checkInput
	if rep, ok := c.decode(&in); !ok {
		return rep
	}
	if k.App != c.actor.App {
		return fail(http.StatusForbidden, "Invalid app_id `%d` - check run can only be modified by the GitHub App that created it.", c.actor.App)
	}
	if k.Job && (in.Status != nil || in.Conclusion != nil) {
		return fail(http.StatusForbidden, "Check run status and conclusions can only be updated internally by GitHub Actions")
	}
	if rep, ok := in.validate(); !ok {
		return rep
	}
	in.apply(k, c.s.opt.Now().UTC())
	return ok(k.json())
}

func (c *call) listChecks() reply {
	if rep, ok := c.need("checks", "read"); !ok {
		return rep
	}
	sha, found := c.s.resolve(c.repo, c.r.PathValue("ref"))
	if !found {
		return fail(http.StatusUnprocessableEntity, "No commit found for SHA: %s", c.r.PathValue("ref"))
	}
	q := c.r.URL.Query()
	var all []*Check
	seen := map[string]bool{}
	for _, k := range slices.Backward(c.repo.checks) {
		if k.HeadSHA != sha || q.Get("check_name") != "" && q.Get("check_name") != k.Name ||
			q.Get("app_id") != "" && q.Get("app_id") != strconv.FormatInt(k.App, 10) {
			continue
		}
		key := fmt.Sprintf("%d %s", k.Suite, k.Name)
		if q.Get("filter") != "all" && seen[key] {
			continue
		}
		seen[key] = true
		if q.Get("status") == "" || q.Get("status") == k.Status {
			all = append(all, k)
		}
	}
	from, to := c.page(len(all))
	out := []any{}
	for _, k := range all[from:to] {
		out = append(out, k.json())
	}
	return ok(map[string]any{"total_count": len(all), "check_runs": out})
}
