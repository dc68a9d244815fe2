package issue_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/issue"
	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/github/wire"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func actor(level string) githubtest.Actor {
	a := githubtest.WorkflowActor()
	a.Permissions["issues"] = level
	return a
}

// newBoard is the issues of a repository of a server, for a token that may write issues unless told otherwise.
func newBoard(t *testing.T, a githubtest.Actor) (*githubtest.Server, issue.Board) {
	t.Helper()
	hub := githubtest.NewWith(t, githubtest.Options{Actor: a})
	hub.AddRepo("acme", "agent")
	client, err := github.New(github.Config{BaseURL: hub.URL, GraphQLURL: hub.GraphQLURL, Token: hub.Token, MaxRetries: -1,
		Redact: func(s string) string { return strings.ReplaceAll(s, "hunter2", "[redacted]") }})
	if err != nil {
		t.Fatal(err)
	}
	b, err := client.Issues(github.Repo{Owner: "acme", Name: "agent"})
	if err != nil {
		t.Fatal(err)
	}
	return hub, b
}

func bodyOf(t *testing.T, key, text string) string {
	t.Helper()
	line, err := marker.Marker{Key: key, Time: now, Data: []byte(text)}.Line()
	if err != nil {
		t.Fatal(err)
	}
	return line + "\n" + text
}

func TestLifeOfAnIssue(t *testing.T) {
	hub, b := newBoard(t, actor("write"))
	ctx := t.Context()
	if _, found, err := b.Find(ctx, "watch"); found || err != nil {
		t.Fatalf("found %t, %v", found, err)
	}
	made, err := b.Create(ctx, "costs\nhave moved", bodyOf(t, "watch", "it hunter2 moved"))
	if err != nil || made.Title != "costs have moved" || !made.Open || strings.Contains(made.Body, "hunter2") || string(made.Marker.Data) != "it [redacted] moved" {
		t.Fatalf("%+v, %v", made, err)
	}
	if err := b.Edit(ctx, made.Number, "costs have moved more", bodyOf(t, "watch", "and more")); err != nil {
		t.Fatal(err)
	}
	there, found, err := b.Find(ctx, "watch")
	if err != nil || !found || there.Number != made.Number || there.Title != "costs have moved more" || there.URL == "" || string(there.Marker.Data) != "and more" {
		t.Fatalf("%+v, %t, %v", there, found, err)
	}
	if err := b.Close(ctx, made.Number, "it is over"); err != nil {
		t.Fatal(err)
	}
	if all := hub.Issues("acme/agent"); len(all) != 1 || all[0].State != "closed" || all[0].StateReason != "completed" {
		t.Errorf("%+v", all)
	}
	if cs := hub.Comments("acme/agent", made.Number); len(cs) != 1 || cs[0].Body != "it is over" {
		t.Errorf("%+v", cs)
	}
	if there, found, err := b.Find(ctx, "watch"); err != nil || !found || there.Open {
		t.Errorf("a closed one: %+v, %t, %v", there, found, err)
	}
}

// Ours is what GitHub says we wrote, with a marker of the key; an open one goes before a newer closed one.
func TestFindsOurs(t *testing.T) {
	hub, b := newBoard(t, actor("write"))
	eve := githubtest.Actor{Login: "eve"}
	hub.AddIssue("acme/agent", eve, "forged", bodyOf(t, "watch", "x"))
	hub.AddIssue("acme/agent", actor("write"), "of another key", bodyOf(t, "other", "x"))
	hub.AddIssue("acme/agent", actor("write"), "no marker", "text\n"+bodyOf(t, "watch", "x"))
	if i, found, err := b.Find(t.Context(), "watch"); found || err != nil {
		t.Fatalf("%+v, %v", i, err)
	}
	first := hub.AddIssue("acme/agent", actor("write"), "open", bodyOf(t, "watch", "x"))
	for range 120 {
		hub.AddIssue("acme/agent", actor("write"), "others of ours", "x")
	}
	closed := hub.AddIssue("acme/agent", actor("write"), "closed", bodyOf(t, "watch", "x"))
	if err := b.Close(t.Context(), closed, "over"); err != nil {
		t.Fatal(err)
	}
	if i, found, err := b.Find(t.Context(), "watch"); !found || err != nil || i.Number != first {
		t.Errorf("%+v, want number %d, %v", i, first, err)
	}
}

func TestRefusals(t *testing.T) {
	_, b := newBoard(t, githubtest.WorkflowActor())
	_, _, err := b.Find(t.Context(), "watch")
	if !errors.Is(err, wire.ErrPermission) || !strings.Contains(err.Error(), "issues") {
		t.Errorf("without the permission: %v", err)
	}
	if _, err := b.Create(t.Context(), "x", "no marker"); !errors.Is(err, marker.ErrMarker) {
		t.Errorf("without a marker: %v", err)
	}
	if _, err := b.Create(t.Context(), "x", bodyOf(t, "k", "")+strings.Repeat("x", issue.MaxBody)); !errors.Is(err, wire.ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
	if _, err := b.Create(t.Context(), "x", bodyOf(t, "k", "x")); !errors.Is(err, wire.ErrPermission) {
		t.Errorf("creating without the permission: %v", err)
	}
	client, err := github.New(github.Config{Token: "t"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Issues(github.Repo{Owner: "..", Name: "x"}); err == nil {
		t.Error("a repository that is none")
	}
}

// An answer that leaves open whether the issue was made makes no second one.
func TestCreateOnce(t *testing.T) {
	hub, b := newBoard(t, actor("write"))
	hub.Inject(githubtest.Fault{Match: githubtest.Match(http.MethodPost, "/issues$"), After: true, Status: http.StatusBadGateway})
	i, err := b.Create(t.Context(), "x", bodyOf(t, "watch", "x"))
	if err != nil || len(hub.Issues("acme/agent")) != 1 || i.Number != hub.Issues("acme/agent")[0].Number {
		t.Errorf("%+v, %v", i, err)
	}
}
