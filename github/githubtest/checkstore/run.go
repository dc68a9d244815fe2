// Package checkstore is the check runs of one repository in memory, under the limits that GitHub enforces.
//
// It knows check runs and suites, what a create or an update may hold, and who may change what. It refuses to
// know HTTP, tokens, permissions and commits: it is told which App asks, and that the commit exists. Where
// GitHub's documentation and what was measured of the live service differ, it does what was measured.
package checkstore

import (
	"fmt"
	"time"

	"github.com/pertask/pertask/github/githubtest/body"
)

// ActionsApp is the id of the App whose tokens workflows get.
const ActionsApp = 15368

// Run is a check run.
type Run struct {
	ID          int64
	NodeID      string // of GraphQL
	Name        string
	HeadSHA     string
	Status      string
	Conclusion  string
	DetailsURL  string
	ExternalID  string
	Title       string
	Summary     string
	Text        string
	Annotations []Annotation
	Actions     []Action
	App         int64  // id of the App that made it
	Slug        string // of the App
	Suite       int64  // id of its check suite: one for each App and commit
	// Job says that GitHub Actions made it for a job, so that no token may change how it stands.
	Job       bool
	Started   time.Time
	Completed time.Time // zero while it is not
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

// JSON is a check run in answers.
func (k *Run) JSON() map[string]any {
	when := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return body.Time(t)
	}
	url := fmt.Sprintf("%s/repositories/1/check-runs/%d", body.API, k.ID)
	return map[string]any{
		"id": k.ID, "node_id": k.NodeID, "name": k.Name, "head_sha": k.HeadSHA, "status": k.Status, "conclusion": body.Null(k.Conclusion),
		"url": url, "details_url": k.DetailsURL, "html_url": k.htmlURL(), "external_id": k.ExternalID,
		"started_at": when(k.Started), "completed_at": when(k.Completed), "pull_requests": []any{},
		"app": body.App(k.App, k.Slug), "check_suite": map[string]any{"id": k.Suite},
		"output": map[string]any{
			"title": body.Null(k.Title), "summary": body.Null(k.Summary), "text": body.Null(k.Text),
			"annotations_count": len(k.Annotations), "annotations_url": url + "/annotations",
		},
	}
}

func (k *Run) htmlURL() string { return fmt.Sprintf("https://github.example/runs/%d", k.ID) }
