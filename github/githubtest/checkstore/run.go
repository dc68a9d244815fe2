// Package checkstore is the check runs of one repository in memory, under the limits that GitHub enforces.
//
// It knows check runs and suites, what a create or an update may hold, and who may change what. It refuses to
// know HTTP, tokens, permissions and commits: it is told which App asks, and that the commit exists. Where
// GitHub's documentation and what was measured of the live service differ, it does what was measured.
package checkstore

import (
	"fmt"
	"time"
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

const rfc3339 = "2006-01-02T15:04:05Z"

// JSON is a check run in answers.
func (k *Run) JSON() map[string]any {
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

func (k *Run) htmlURL() string { return fmt.Sprintf("https://github.example/runs/%d", k.ID) }
