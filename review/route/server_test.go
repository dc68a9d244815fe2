package route_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/review/route"
)

var _ route.Client = (*github.Client)(nil)

// TestAgainstTheServer goes from the server's own payloads through a real client: a command is about the head that the
// pull request has now, and a merge group about the group's.
func TestAgainstTheServer(t *testing.T) {
	s := githubtest.New(t)
	name := s.AddRepo("acme", "agent")
	first := s.Commit(name, nil, githubtest.Text(map[string]string{"a": "1\n"}))
	second := s.Commit(name, []string{first}, githubtest.Text(map[string]string{"a": "2\n"}))
	pull := s.OpenPull(name, first, second)
	s.SetPermission(name, "ada", "write")
	s.SetPermission(name, "rob", "read")
	client, err := github.New(github.Config{BaseURL: s.URL, GraphQLURL: s.GraphQLURL, Token: s.Token})
	if err != nil {
		t.Fatal(err)
	}
	resolve := func(event string, payload []byte) route.Ask {
		t.Helper()
		a, err := route.Route(parse(t, event, string(payload)))
		if err != nil {
			t.Fatal(err)
		}
		if a, err = route.Resolve(t.Context(), client, a.Labelled("pertask:run")); err != nil {
			t.Fatal(err)
		}
		return a
	}
	repo := github.Repo{Owner: "acme", Name: "agent"}

	by := s.AddComment(name, pull, "ada", "/pertask reprice")
	a := resolve("issue_comment", s.CommentEvent(name, pull, by))
	want := review.Trigger{Kind: review.Command, Repo: repo, Pull: pull, BaseSHA: first, HeadSHA: second, Author: "ada", By: "ada", CommentID: by,
		Command: &command.Command{Verb: command.Reprice}}
	if diff := cmp.Diff(a.Trigger, want, triggers()); a.Do != route.Review || diff != "" {
		t.Errorf("%v, got-want:\n%s", a.Do, diff)
	}

	by = s.AddComment(name, pull, "rob", "/pertask run")
	if a := resolve("issue_comment", s.CommentEvent(name, pull, by)); a.Do != route.Refuse || a.Why != route.NoWrite {
		t.Errorf("got %v for %q, want a refusal", a.Do, a.Why)
	}
	if a := resolve("pull_request", s.PullRequestEvent(name, pull, "synchronize")); a.Do != route.Review || a.Trigger.HeadSHA != second || a.Trigger.Fork {
		t.Errorf("got %+v, want a review of the head", a)
	}
	third := s.Commit(name, []string{first, second}, githubtest.Text(map[string]string{"a": "2\n"}))
	a = resolve("merge_group", s.MergeGroupEvent(name, pull, third))
	if a.Do != route.Review || a.Trigger.Kind != review.MergeGroup || a.Trigger.Pull != pull || a.Trigger.Group == nil || a.Trigger.Group.HeadSHA != third {
		t.Errorf("got %+v, want a review of the group", a)
	}
}
