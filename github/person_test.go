package github_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
)

func TestPersonComment(t *testing.T) {
	now := noon
	w := newWorld(t, githubtest.Options{Now: func() time.Time { return now }})
	id := w.AddComment(w.name, w.pull, "ada", "/pertask run")
	want := github.PersonComment{ID: id, Body: "/pertask run", Author: "ada", Pull: w.pull, Created: noon, Updated: noon}
	got, err := w.c.PersonComment(bg(), acme, id)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
	now = now.Add(time.Minute)
	if err := w.c.React(bg(), acme, id, "eyes"); err != nil {
		t.Fatal(err)
	}
	if got, err = w.c.PersonComment(bg(), acme, id); err != nil || got.Edited {
		t.Errorf("got %+v and %v after a reaction, want it not to be an edit", got, err)
	}
	w.EditComment(w.name, id, "/pertask accept x")
	if got, err = w.c.PersonComment(bg(), acme, id); err != nil || !got.Edited || got.Body != "/pertask accept x" {
		t.Errorf("got %+v and %v after an edit", got, err)
	}
	w.DeleteComment(w.name, id)
	if _, err = w.c.PersonComment(bg(), acme, id); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("got %v of a deleted comment, want ErrNotFound", err)
	}
	if _, err = w.c.PersonComment(bg(), acme, 0); err == nil {
		t.Error("no id was asked for")
	}
}

func TestPersonCommentTellsIssuesAndBots(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	for name, tt := range map[string]struct {
		issue  int
		author string
		want   github.PersonComment
	}{
		"on an issue": {77, "ada", github.PersonComment{Author: "ada"}},
		"by a bot":    {w.pull, "dependabot[bot]", github.PersonComment{Author: "dependabot[bot]", Pull: w.pull, Bot: true}},
	} {
		id := w.AddComment(w.name, tt.issue, tt.author, "x")
		got, err := w.c.PersonComment(bg(), acme, id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, tt.want, cmpopts.IgnoreFields(got, "ID", "Body", "Created", "Updated")); diff != "" {
			t.Errorf("%s: got-want:\n%s", name, diff)
		}
	}
	ours, err := w.c.Post(bg(), acme, w.pull, comment(t, 0, "x"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := w.c.PersonComment(bg(), acme, ours.ID); err != nil || !got.Bot {
		t.Errorf("got %+v and %v of our own, want a bot's", got, err)
	}
}

func TestReact(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	id := w.AddComment(w.name, w.pull, "ada", "/pertask run")
	w.Fail(githubtest.Match("POST", "/reactions$"), 502, 1, true) // it is there, and we do not know
	for _, content := range []string{"eyes", "+1", "+1"} {
		if err := w.c.React(bg(), acme, id, content); err != nil {
			t.Fatal(err)
		}
	}
	me := "github-actions[bot]"
	if diff := cmp.Diff(w.Comments(w.name, w.pull)[0].Reactions, []githubtest.Reaction{{Login: me, Content: "eyes"}, {Login: me, Content: "+1"}}); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
	before := w.Count("POST", "")
	if err := w.c.React(bg(), acme, id, "thumbs"); err == nil || !strings.Contains(err.Error(), "eyes") {
		t.Errorf("got %v, want what is allowed", err)
	}
	if w.Count("POST", "") != before {
		t.Error("a reaction that GitHub does not know was sent")
	}
	if err := w.c.React(bg(), acme, 1, "eyes"); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("got %v of no comment, want ErrNotFound", err)
	}
	w.AddToken("ghs_readonly", githubtest.ReadOnlyActor())
	c := newClient(t, w.Server, func(cfg *github.Config) { cfg.Token = "ghs_readonly" })
	if err := c.React(bg(), acme, id, "eyes"); !errors.Is(err, github.ErrPermission) || !strings.Contains(err.Error(), `"pull-requests: write"`) {
		t.Errorf("got %v without the permission", err)
	}
}

func TestSetStatus(t *testing.T) {
	actor := githubtest.WorkflowActor()
	actor.Permissions["statuses"] = "write"
	w := newWorld(t, githubtest.Options{Actor: actor}, func(cfg *github.Config) {
		cfg.Redact = func(s string) string { return strings.ReplaceAll(s, "sk-secret", "***") }
	})
	w.Fail(githubtest.Match("POST", "/statuses/"), 500, 1, false)
	for _, st := range []github.Status{
		{Context: "pertask", State: "pending", Description: "12 of 40 trials\nsk-secret"},
		{Context: "pertask", State: "success", Description: strings.Repeat("ü", 200), TargetURL: "https://example.com/x"},
		{Context: "pertask", State: "failure", Description: strings.Repeat("x", 140)},
		{Context: "pertask", State: "error"},
	} {
		if err := w.c.SetStatus(bg(), acme, w.head, st); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, st := range w.Statuses(w.name, w.head) {
		got = append(got, fmt.Sprintf("%s %s %s %s", st.Context, st.State, st.Description, st.TargetURL))
	}
	want := []string{
		"pertask pending 12 of 40 trials *** ", "pertask success " + strings.Repeat("ü", 139) + "… https://example.com/x",
		"pertask failure " + strings.Repeat("x", 140) + " ", "pertask error  ",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
}

func TestSetStatusRefusals(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	for name, tt := range map[string]struct {
		sha string
		st  github.Status
	}{
		"neutral": {w.head, github.Status{Context: "x", State: "neutral"}}, "no context": {w.head, github.Status{State: "success"}},
		"branch": {"main", github.Status{Context: "x", State: "success"}},
	} {
		if err := w.c.SetStatus(bg(), acme, tt.sha, tt.st); err == nil {
			t.Errorf("%s was sent", name)
		}
	}
	if n := w.Count("", ""); n != 0 {
		t.Errorf("%d requests, want none", n)
	}
	err := w.c.SetStatus(bg(), acme, w.head, github.Status{Context: "x", State: "success"})
	if !errors.Is(err, github.ErrPermission) || !strings.Contains(err.Error(), `add the permission "statuses: write"`) {
		t.Errorf("got %v without the permission", err)
	}
}
