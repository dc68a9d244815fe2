// Package statusstore is the commit statuses of one repository in memory, under the limits that GitHub enforces.
//
// It knows statuses, what a new one may hold, and how many there may be. It refuses to know HTTP, tokens,
// permissions and commits: it is told who asks, and that the commit exists.
package statusstore

import (
	"fmt"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"
)

// The limits of statuses. Sources: GitHub's schema of GraphQL for the description, its OpenAPI description,
// "Create a commit status", for the number.
const (
	MaxDescription = 140  // characters
	MaxPerContext  = 1000 // of one context on one commit
)

// Status is a commit status.
type Status struct {
	ID          int64
	SHA         string
	State       string
	Context     string
	Description string
	TargetURL   string
	Creator     string // login
	Created     time.Time
}

// Input is the body of a new status.
type Input struct {
	State       *string `json:"state"`
	Context     *string `json:"context"`
	Description *string `json:"description"`
	TargetURL   *string `json:"target_url"`
}

// Refusal is what is wrong with an input: a field and GitHub's words.
type Refusal struct{ Field, Code, Message string }

// Store holds statuses. It is not safe for concurrent use.
type Store struct {
	id  func() int64
	all []*Status
}

// New returns an empty store that numbers statuses with id.
func New(id func() int64) *Store { return &Store{id: id} }

// Add adds a status to a commit.
func (st *Store) Add(sha, creator string, in Input, now time.Time) (*Status, *Refusal) {
	s := &Status{SHA: sha, Creator: creator, Context: "default", Created: now}
	for to, from := range map[*string]*string{
		&s.State: in.State, &s.Context: in.Context, &s.Description: in.Description, &s.TargetURL: in.TargetURL,
	} {
		if from != nil {
			*to = *from
		}
	}
	if !slices.Contains([]string{"error", "failure", "pending", "success"}, s.State) {
		return nil, &Refusal{"state", "custom", "State is not included in the list"}
	}
	if n := utf8.RuneCountInString(s.Description); n > MaxDescription {
		return nil, &Refusal{"description", "custom", fmt.Sprintf("description is too long (maximum is %d characters)", MaxDescription)}
	}
	if u, err := url.Parse(s.TargetURL); err != nil || s.TargetURL != "" && u.Scheme != "http" && u.Scheme != "https" {
		return nil, &Refusal{"target_url", "custom", "target_url must use http(s) scheme"}
	}
	n := 0
	for _, o := range st.all {
		if o.SHA == sha && o.Context == s.Context {
			n++
		}
	}
	if n >= MaxPerContext {
		return nil, &Refusal{"base", "custom", "This SHA and context has reached the maximum number of statuses."}
	}
	s.ID = st.id()
	st.all = append(st.all, s)
	return s, nil
}

// On returns the statuses of a commit, oldest first.
func (st *Store) On(sha string) []Status {
	var out []Status
	for _, s := range st.all {
		if s.SHA == sha {
			out = append(out, *s)
		}
	}
	return out
}
