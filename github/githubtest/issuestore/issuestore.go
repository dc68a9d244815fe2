// Package issuestore is the issues of one repository in memory, without those that are pull requests.
//
// It knows issues, what one may say, and how one is edited and listed. It refuses to know HTTP, permissions, and the
// comments on them: it is told who writes.
package issuestore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pertask/pertask/github/githubtest/body"
	"github.com/pertask/pertask/github/githubtest/commentstore"
)

// MaxTitle is GitHub's limit of a title, in characters.
const MaxTitle = 256

// Issue is an issue.
type Issue struct {
	ID                 int64
	Number             int
	Title, Body        string
	Author             string
	App                string // slug of the App it was made with
	State, StateReason string // open or closed, and why
	Created, Updated   time.Time
	Edits              int
	repo               string
	appID              int64
}

// JSON is the issue in answers; comments is how many there are on it.
func (i *Issue) JSON(comments int) map[string]any {
	return body.Issue{Repo: i.repo, ID: i.ID, Number: i.Number, Title: i.Title, Body: i.Body, Author: i.Author, App: i.App, AppID: i.appID,
		State: i.State, Reason: i.StateReason, Comments: comments, Created: i.Created, Updated: i.Updated}.JSON()
}

// Input is what a request says of an issue; nil leaves it.
type Input struct {
	Title, Body, State *string
	Reason             *string `json:"state_reason"`
}

// reasons are GitHub's closed list.
var reasons = []string{"completed", "not_planned", "duplicate", "reopened"}

// Check says what is wrong with an input, or nil.
func (in Input) Check() *commentstore.Refusal {
	switch {
	case in.Title != nil && strings.TrimSpace(*in.Title) == "":
		return &commentstore.Refusal{Field: "title", Code: "missing_field"}
	case in.Title != nil && utf8.RuneCountInString(*in.Title) > MaxTitle:
		return &commentstore.Refusal{Field: "title", Code: "custom", Message: fmt.Sprintf("title is too long (maximum is %d characters)", MaxTitle)}
	case in.Body != nil && utf8.RuneCountInString(*in.Body) > commentstore.MaxBody:
		return &commentstore.Refusal{Field: "body", Code: "custom", Message: fmt.Sprintf("body is too long (maximum is %d characters)", commentstore.MaxBody)}
	case in.State != nil && *in.State != "open" && *in.State != "closed":
		return &commentstore.Refusal{Field: "state", Code: "invalid"}
	case in.Reason != nil && !slices.Contains(reasons, *in.Reason):
		return &commentstore.Refusal{Field: "state_reason", Code: "invalid"}
	}
	return nil
}

// Store holds issues. It is not safe for concurrent use.
type Store struct {
	repo string
	id   func() int64
	all  []*Issue
}

// New returns an empty store of the repository with a full name, that gives issues ids.
func New(repo string, id func() int64) *Store { return &Store{repo: repo, id: id} }

// Add adds an issue with a number that no pull request has.
func (s *Store) Add(number int, by commentstore.Author, title, text string, now time.Time) *Issue {
	i := &Issue{ID: s.id(), Number: number, Title: title, Body: text, Author: by.Login, App: by.Slug, State: "open", Created: now.UTC(), Updated: now.UTC(), repo: s.repo, appID: by.App}
	s.all = append(s.all, i)
	return i
}

// Find returns the issue with a number, or nil.
func (s *Store) Find(number int) *Issue {
	if n := slices.IndexFunc(s.all, func(i *Issue) bool { return i.Number == number }); n >= 0 {
		return s.all[n]
	}
	return nil
}

// List returns the issues of a creator, "" for every one, in a state, "all" for both, the newest first.
func (s *Store) List(creator, state string) []*Issue {
	var out []*Issue
	for _, i := range s.all {
		if (creator == "" || strings.EqualFold(creator, i.Author)) && (state == "all" || i.State == cmp.Or(state, "open")) {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b *Issue) int { return cmp.Or(b.Created.Compare(a.Created), b.Number-a.Number) })
	return out
}

// Edit changes what an input says, which was checked.
func (i *Issue) Edit(in Input, now time.Time) {
	for to, from := range map[*string]*string{&i.Title: in.Title, &i.Body: in.Body, &i.State: in.State} {
		if from != nil {
			*to = *from
		}
	}
	if in.State != nil {
		i.StateReason = map[string]string{"open": "reopened", "closed": "completed"}[*in.State]
	}
	if in.Reason != nil {
		i.StateReason = *in.Reason
	}
	i.Updated = now.UTC()
	i.Edits++
}
