// Package commentstore is the comments of one repository in memory, under the limits that GitHub enforces.
//
// It knows comments, what one may say, how one is edited, hidden and reacted to. It refuses to know HTTP, permissions and pull
// requests: it is told who writes, and whether the issue is a pull request.
package commentstore

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pertask/pertask/github/githubtest/body"
)

// MaxBody is GitHub's limit for the body of a comment, in characters.
const MaxBody = 65_536

// Comment is a comment on a pull request or issue.
type Comment struct {
	ID        int64
	NodeID    string
	Issue     int
	Body      string
	Author    string
	App       string // slug of the App it was made with
	Minimized string // reason; "" when shown
	Created   time.Time
	Updated   time.Time
	Edits     int
	Reactions []Reaction
	pull      bool // the issue is a pull request
	repo      string
	appID     int64
}

// Reaction is one person's or App's reaction to a comment.
type Reaction struct{ Login, Content string }

// JSON is the comment in answers and events.
func (c *Comment) JSON() map[string]any {
	return body.Comment{
		Repo: c.repo, ID: c.ID, NodeID: c.NodeID, Number: c.Issue, Pull: c.pull, Author: c.Author, Body: c.Body, AppID: c.appID, App: c.App,
		Created: c.Created, Updated: c.Updated,
	}.JSON()
}

// Edit changes what a comment says.
func (c *Comment) Edit(text string, now time.Time) {
	c.Body, c.Updated = text, now.UTC()
	c.Edits++
}

// reactions and reasons are GitHub's closed lists.
var (
	reactions = []string{"+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"}
	reasons   = []string{"OUTDATED", "RESOLVED", "DUPLICATE", "OFF_TOPIC", "SPAM", "ABUSE"}
)

// React adds a reaction, once for each person. It is not ok when GitHub has no such reaction, and not fresh when it was there.
func (c *Comment) React(r Reaction) (fresh, ok bool) {
	if !slices.Contains(reactions, r.Content) {
		return false, false
	}
	if slices.Contains(c.Reactions, r) {
		return false, true
	}
	c.Reactions = append(c.Reactions, r)
	return true, true
}

// Minimize hides a comment for a reason, by GraphQL's name of it. It reports false when GitHub has no such reason.
func (c *Comment) Minimize(reason string) bool {
	if !slices.Contains(reasons, reason) {
		return false
	}
	c.Minimized = strings.ToLower(strings.ReplaceAll(reason, "_", "-"))
	return true
}

// Refusal is what is wrong with a comment: a field and GitHub's words.
type Refusal struct{ Field, Code, Message string }

// Check says what is wrong with the text of a comment, or nil; nil is no text at all.
func Check(text *string) *Refusal {
	if text == nil || strings.TrimSpace(*text) == "" {
		return &Refusal{"body", "missing_field", ""}
	}
	if utf8.RuneCountInString(*text) > MaxBody {
		return &Refusal{"data", "unprocessable", fmt.Sprintf("Body is too long (maximum is %d characters)", MaxBody)}
	}
	return nil
}

// Author is who writes a comment, and with which App.
type Author struct {
	Login string
	App   int64 // 0 without
	Slug  string
}

// Store holds comments. It is not safe for concurrent use.
type Store struct {
	repo string
	id   func() int64
	all  []*Comment
}

// New returns an empty store of the repository with a full name, that numbers comments with id.
func New(repo string, id func() int64) *Store { return &Store{repo: repo, id: id} }

// Add adds a comment to an issue or, as pull says, a pull request.
func (s *Store) Add(issue int, pull bool, by Author, text string, now time.Time) *Comment {
	now, id := now.UTC(), s.id()
	c := &Comment{
		ID: id, NodeID: fmt.Sprintf("IC_%d", id), Issue: issue, Body: text, Author: by.Login, App: by.Slug, Created: now, Updated: now,
		pull: pull, repo: s.repo, appID: by.App,
	}
	s.all = append(s.all, c)
	return c
}

// Find returns the comment with the id, or nil.
func (s *Store) Find(id int64) *Comment {
	return s.first(func(c *Comment) bool { return c.ID == id })
}

// Node returns the comment with the id of GraphQL, or nil.
func (s *Store) Node(id string) *Comment {
	return s.first(func(c *Comment) bool { return c.NodeID == id })
}

func (s *Store) first(is func(*Comment) bool) *Comment {
	if i := slices.IndexFunc(s.all, is); i >= 0 {
		return s.all[i]
	}
	return nil
}

// On returns the comments of an issue, oldest first.
func (s *Store) On(issue int) []*Comment {
	var out []*Comment
	for _, c := range s.all {
		if c.Issue == issue {
			out = append(out, c)
		}
	}
	return out
}

// Delete takes a comment away.
func (s *Store) Delete(id int64) {
	s.all = slices.DeleteFunc(s.all, func(c *Comment) bool { return c.ID == id })
}
