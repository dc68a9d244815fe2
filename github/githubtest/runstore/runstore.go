// Package runstore is the workflows of one repository in memory: which can be started by hand, their runs, and what those have
// left.
//
// It knows files of workflows as far as a start by hand goes, runs and artifacts. It refuses to know HTTP, tokens and
// permissions, and it carries out no step: whoever tests says what became of a run.
package runstore

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/pertask/pertask/github/githubtest/body"
)

// Run is one run of a workflow.
type Run struct {
	ID, Workflow int64
	Number       int
	Title        string
	File         string // name of the workflow's file
	Event        string
	Branch       string
	SHA          string
	Actor, Again string // login of who started it, and of who started it again
	Attempt      int
	Status       string
	Conclusion   string // "" until it is completed
	Inputs       map[string]string
	Created      time.Time
	Artifacts    []Artifact
	Cancelled    bool // somebody asked for its end
}

// Artifact is what a run has left under a name.
type Artifact struct {
	ID      int64
	Name    string
	Data    []byte // a ZIP archive, or whatever a test wants it to be
	Expired bool
}

// Store holds the runs of a repository. It is not safe for concurrent use.
type Store struct {
	newID     func() int64
	runs      []*Run
	workflows map[string]int64 // ids by file
	Disabled  map[string]bool  // by file
}

// New returns an empty store that takes ids from newID.
func New(newID func() int64) *Store {
	return &Store{newID: newID, workflows: map[string]int64{}, Disabled: map[string]bool{}}
}

// Refusal is why a workflow cannot be started, in GitHub's words, which answers 422.
type Refusal struct{ Message string }

// definition is what a start by hand needs of a workflow's file.
type definition struct {
	Name    string
	RunName string `yaml:"run-name"`
	On      yaml.Node
}

type dispatch struct {
	Inputs map[string]struct {
		Required bool
		Default  string
	}
}

// Start starts a run of the workflow in a file, whose text is given, at a commit of a branch.
func (s *Store) Start(file, text string, r Run, now time.Time) (*Run, *Refusal) {
	var def definition
	if err := yaml.Unmarshal([]byte(text), &def); err != nil {
		return nil, &Refusal{"Failed to parse workflow: " + err.Error()}
	}
	d, by := byHand(def.On)
	switch {
	case !by:
		return nil, &Refusal{"Workflow does not have 'workflow_dispatch' trigger"}
	case s.Disabled[file]:
		return nil, &Refusal{"Cannot trigger a 'workflow_dispatch' on a disabled workflow"}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Inputs)) {
		if _, known := d.Inputs[name]; !known {
			return nil, &Refusal{fmt.Sprintf("Unexpected inputs provided: [%q]", name)}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.Inputs)) {
		if d.Inputs[name].Required && r.Inputs[name] == "" {
			return nil, &Refusal{fmt.Sprintf("Required input '%s' not provided", name)}
		}
	}
	if s.workflows[file] == 0 {
		s.workflows[file] = s.newID()
	}
	r.ID, r.Workflow, r.Number, r.File, r.Event = s.newID(), s.workflows[file], len(s.runs)+1, file, "workflow_dispatch"
	r.Attempt, r.Again, r.Status, r.Created = 1, r.Actor, "queued", now.UTC().Truncate(time.Second)
	r.Title = def.Name
	if def.RunName != "" {
		r.Title = def.RunName
		for name, value := range r.Inputs {
			r.Title = strings.ReplaceAll(r.Title, "${{ inputs."+name+" }}", value)
		}
	}
	s.runs = append(s.runs, &r)
	return &r, nil
}

// byHand reports whether a workflow can be started by hand, and with which inputs.
func byHand(on yaml.Node) (d dispatch, by bool) {
	switch on.Kind {
	case yaml.ScalarNode:
		return d, on.Value == "workflow_dispatch"
	case yaml.SequenceNode:
		return d, slices.ContainsFunc(on.Content, func(n *yaml.Node) bool { return n.Value == "workflow_dispatch" })
	case yaml.MappingNode:
		for i := 0; i+1 < len(on.Content); i += 2 {
			if on.Content[i].Value == "workflow_dispatch" {
				return d, on.Content[i+1].Decode(&d) == nil
			}
		}
	}
	return d, false
}

// Find returns the run with the id, or nil.
func (s *Store) Find(id int64) *Run {
	i := slices.IndexFunc(s.runs, func(r *Run) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return s.runs[i]
}

// Knows reports whether a workflow was ever started from a file.
func (s *Store) Knows(file string) bool { return s.workflows[file] != 0 }

// Filter picks runs; an empty field picks all.
type Filter struct {
	File, Event, Branch, Actor string
	Since                      time.Time
}

// Where lists runs, the newest first.
func (s *Store) Where(f Filter) []*Run {
	var out []*Run
	for _, r := range slices.Backward(s.runs) {
		switch {
		case f.File != "" && f.File != r.File, f.Event != "" && f.Event != r.Event, f.Branch != "" && f.Branch != r.Branch, f.Actor != "" && f.Actor != r.Actor:
		case r.Created.Before(f.Since):
		default:
			out = append(out, r)
		}
	}
	return out
}

// Cancel asks for the end of a run. It is false for one that has ended.
func (s *Store) Cancel(r *Run) bool {
	if r.Status == "completed" {
		return false
	}
	r.Cancelled = true
	return true
}

// Leave leaves an artifact in a run.
func (s *Store) Leave(r *Run, name string, data []byte) *Artifact {
	r.Artifacts = append(r.Artifacts, Artifact{ID: s.newID(), Name: name, Data: data})
	return &r.Artifacts[len(r.Artifacts)-1]
}

// Artifact returns the artifact with the id and its run, or nil.
func (s *Store) Artifact(id int64) (*Run, *Artifact) {
	for _, r := range s.runs {
		for i := range r.Artifacts {
			if r.Artifacts[i].ID == id {
				return r, &r.Artifacts[i]
			}
		}
	}
	return nil, nil
}

// Zip packs files as actions/upload-artifact does.
func Zip(files map[string][]byte) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, _ := w.Create(name) // writing to memory does not fail
		_, _ = f.Write(files[name])
	}
	_ = w.Close()
	return b.Bytes()
}

// JSON is the run in answers.
func (r *Run) JSON(repo int64, fullName string) body.M {
	root := body.API + "/repos/" + fullName
	of := body.Repository(repo, fullName, nil)
	at := body.Time(r.Created)
	self := fmt.Sprintf("%s/actions/runs/%d", root, r.ID)
	return body.M{
		"id": r.ID, "node_id": fmt.Sprintf("WFR_%d", r.ID), "name": r.Title, "display_title": r.Title, "head_branch": r.Branch, "head_sha": r.SHA,
		"path": ".github/workflows/" + r.File, "run_number": r.Number, "run_attempt": r.Attempt, "event": r.Event, "status": r.Status,
		"conclusion": body.Null(r.Conclusion), "workflow_id": r.Workflow, "created_at": at, "updated_at": at, "run_started_at": at,
		"check_suite_id": r.ID + 1, "check_suite_node_id": fmt.Sprintf("CS_%d", r.ID+1), "actor": body.User(r.Actor), "triggering_actor": body.User(r.Again),
		"url": self, "html_url": fmt.Sprintf("%s/%s/actions/runs/%d", body.Site, fullName, r.ID), "jobs_url": self + "/jobs", "logs_url": self + "/logs",
		"check_suite_url": fmt.Sprintf("%s/check-suites/%d", root, r.ID+1), "artifacts_url": self + "/artifacts", "cancel_url": self + "/cancel", "rerun_url": self + "/rerun",
		"workflow_url": fmt.Sprintf("%s/actions/workflows/%d", root, r.Workflow), "previous_attempt_url": nil, "pull_requests": []any{}, "referenced_workflows": []any{},
		"head_commit": nil, "repository": of, "head_repository": of,
	}
}

// JSON is the artifact of a run in answers.
func (a Artifact) JSON(r *Run, repo int64, fullName string) body.M {
	self := fmt.Sprintf("%s/repos/%s/actions/artifacts/%d", body.API, fullName, a.ID)
	at := body.Time(r.Created)
	return body.M{
		"id": a.ID, "node_id": fmt.Sprintf("ART_%d", a.ID), "name": a.Name, "size_in_bytes": len(a.Data), "url": self, "archive_download_url": self + "/zip",
		"expired": a.Expired, "created_at": at, "updated_at": at, "expires_at": body.Time(r.Created.Add(24 * time.Hour)),
		"workflow_run": body.M{"id": r.ID, "repository_id": repo, "head_repository_id": repo, "head_branch": r.Branch, "head_sha": r.SHA},
	}
}
