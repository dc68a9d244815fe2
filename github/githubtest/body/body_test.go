package body_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/pertask/pertask/github/githubtest/body"
	"github.com/pertask/pertask/github/githubtest/contract"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.FixedZone("", 3600))

const sha = "0123456789012345678901234567890123456789"

// TestResourcesAreWhole holds every resource against GitHub's own description, in its forms.
func TestResourcesAreWhole(t *testing.T) {
	no := false
	side := body.Side{Owner: "acme", Ref: "main", SHA: sha, Repo: body.Repository(7, "acme/agent", nil)}
	pull := body.Pull{Repo: "acme/agent", ID: 8, Number: 3, Title: "t", State: "open", Author: "ada", Labels: []string{"a b"}, Base: side, Head: side}
	merged := pull
	merged.State, merged.Merged, merged.MergeSHA, merged.Mergeable, merged.Draft, merged.Author = "closed", true, sha, &no, true, "dependabot[bot]"
	gone := pull
	gone.Head.Repo = nil
	comment := body.Comment{Repo: "acme/agent", ID: 9, NodeID: "IC_9", Number: 3, Pull: true, Author: "ada", Body: "x", Created: noon, Updated: noon}
	ours := comment
	ours.Author, ours.App, ours.AppID, ours.Pull = "github-actions[bot]", "github-actions", 15368, false
	const repo = "/repos/acme/agent"
	for _, tt := range []struct {
		name, method, path, request string
		status                      int
		answer                      any
	}{
		{"repository", "GET", repo, "", 200, body.Full(7, "acme/agent", body.M{"private": true, "permissions": body.M{"admin": false, "push": true, "pull": true}})},
		{"pull request", "GET", repo + "/pulls/3", "", 200, pull.JSON()},
		{"merged one of a bot", "GET", repo + "/pulls/3", "", 200, merged.JSON()},
		{"one without its fork", "GET", repo + "/pulls/3", "", 200, gone.JSON()},
		{"pull requests", "GET", repo + "/commits/" + sha + "/pulls", "", 200, []any{pull.Simple(), merged.Simple()}},
		{"files", "GET", repo + "/pulls/3/files", "", 200, []any{body.File("acme/agent", sha, "a", "", "added", sha, "@@", 1, 0), body.File("acme/agent", sha, "a", "b", "renamed", sha, "", 0, 0)}},
		{"comment", "GET", repo + "/issues/comments/9", "", 200, comment.JSON()},
		{"comment by an App on an issue", "GET", repo + "/issues/comments/9", "", 200, ours.JSON()},
		{"reaction", "POST", repo + "/issues/comments/9/reactions", `{"content":"eyes"}`, 201, body.Reaction(1, "ada", "eyes", noon)},
		{"status", "POST", repo + "/statuses/" + sha, `{"state":"error"}`, 201, body.Status("acme/agent", sha, 1, "ada", "error", "c", "", "", noon)},
		{"permission", "GET", repo + "/collaborators/ada/permission", "", 200, body.Permission("write", "maintain", "ada")},
	} {
		raw, err := json.Marshal(tt.answer)
		if err != nil {
			t.Fatal(err)
		}
		v := contract.Check(contract.Exchange{
			Method: tt.method, Path: tt.path, Body: []byte(tt.request), Header: http.Header{"Content-Type": {"application/json"}},
			Status: tt.status, Answer: raw, AnswerHeader: http.Header{"Content-Type": {"application/json"}},
		})
		for _, what := range append(v.Request, v.Answer...) {
			t.Errorf("%s: %s", tt.name, what)
		}
	}
}

func TestValues(t *testing.T) {
	if got, want := body.Time(noon), "2026-11-23T11:00:00Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if body.Null("") != nil || body.Null("x") != "x" {
		t.Error("Null is wrong")
	}
	if body.User("ada")["type"] != "User" || body.User("x[bot]")["type"] != "Bot" || body.User("ada")["id"] == body.User("eve")["id"] {
		t.Error("accounts are not told apart")
	}
	for field, want := range map[string]string{
		"pulls_url": "/pulls{/number}", "git_refs_url": "/git/refs{/sha}", "compare_url": "/compare/{base}...{head}", "trees_url": "/git/trees{/sha}",
	} {
		if got := body.Repository(1, "a/b", nil)[field]; got != body.API+"/repos/a/b"+want {
			t.Errorf("%s: got %v", field, got)
		}
	}
}
