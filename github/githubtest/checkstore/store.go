package checkstore

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxSameName is the number of check runs of one name in a suite above which the oldest ones are deleted.
const maxSameName = 1000

// App is who makes check runs.
type App struct {
	ID   int64
	Slug string
}

// Store holds check runs. It is not safe for concurrent use.
type Store struct {
	newID  func() int64
	runs   []*Run
	suites map[string]int64 // by App and head
}

// New returns an empty store that takes ids from newID.
func New(newID func() int64) *Store { return &Store{newID: newID, suites: map[string]int64{}} }

// Add makes a check run, queued and started now. The oldest of more than 1,000 of its name and suite goes.
func (s *Store) Add(app App, sha, name string, now time.Time) *Run {
	key := fmt.Sprintf("%d %s", app.ID, sha)
	if s.suites[key] == 0 {
		s.suites[key] = s.newID()
	}
	id := s.newID()
	k := &Run{
		ID: id, NodeID: fmt.Sprintf("CR_%d", id), Name: name, HeadSHA: sha, Status: "queued", App: app.ID, Slug: app.Slug,
		Suite: s.suites[key], Started: now.UTC().Truncate(time.Second),
	}
	s.runs = append(s.runs, k)
	same := func(o *Run) bool { return o.Suite == k.Suite && o.Name == k.Name }
	n := 0
	for _, o := range s.runs {
		if same(o) {
			n++
		}
	}
	if n > maxSameName {
		i := slices.IndexFunc(s.runs, same)
		s.runs = slices.Delete(s.runs, i, i+1)
	}
	return k
}

// Find returns the check run with the id, or nil.
func (s *Store) Find(id int64) *Run {
	for _, k := range s.runs {
		if k.ID == id {
			return k
		}
	}
	return nil
}

// On returns the check runs on a commit, oldest first.
func (s *Store) On(sha string) []*Run {
	var out []*Run
	for _, k := range s.runs {
		if k.HeadSHA == sha {
			out = append(out, k)
		}
	}
	return out
}

// Filter picks check runs of a commit; an empty field picks all.
type Filter struct {
	Name   string
	App    string // id
	Status string
	// All gives those too that a later one of the same name and suite hides.
	All bool
}

// List returns the check runs on a commit that a filter picks, newest first.
func (s *Store) List(sha string, f Filter) []*Run {
	var out []*Run
	seen := map[string]bool{}
	for _, k := range slices.Backward(s.runs) {
		if k.HeadSHA != sha || f.Name != "" && f.Name != k.Name || f.App != "" && f.App != fmt.Sprint(k.App) {
			continue
		}
		key := fmt.Sprintf("%d %s", k.Suite, k.Name)
		if !f.All && seen[key] {
			continue
		}
		seen[key] = true
		if f.Status == "" || f.Status == k.Status {
			out = append(out, k)
		}
	}
	return out
}

// Suite is the check runs of one App on one commit.
type Suite struct {
	ID   int64
	App  int64
	Slug string // of the App
	Runs []*Run
}

// Suites returns the check suites of a commit, oldest first.
func (s *Store) Suites(sha string) []*Suite {
	var out []*Suite
	for _, k := range s.On(sha) {
		i := slices.IndexFunc(out, func(o *Suite) bool { return o.ID == k.Suite })
		if i < 0 {
			i = len(out)
			out = append(out, &Suite{ID: k.Suite, App: k.App, Slug: k.Slug})
		}
		out[i].Runs = append(out[i].Runs, k)
	}
	return out
}

// Update changes a check run as an App asks. The refusals are those of a run that another App, or GitHub itself
// for a job, has made, and those of Validate.
func (k *Run) Update(app int64, in *Input, now time.Time) *Refusal {
	if k.App != app {
		return &Refusal{403, fmt.Sprintf("Invalid app_id `%d` - check run can only be modified by the GitHub App that created it.", app)}
	}
	if k.Job && (in.Status != nil || in.Conclusion != nil) {
		return &Refusal{403, "Check run status and conclusions can only be updated internally by GitHub Actions"}
	}
	if r := in.Validate(); r != nil {
		return r
	}
	in.Apply(k, now)
	return nil
}

// Passes applies the fields of a CheckRunFilter of GraphQL.
func (k *Run) Passes(filter map[string]any) bool {
	if name, ok := filter["checkName"].(string); ok && name != k.Name {
		return false
	}
	if statuses, ok := filter["statuses"].([]any); ok && !slices.Contains(statuses, any(strings.ToUpper(k.Status))) {
		return false
	}
	return true
}
