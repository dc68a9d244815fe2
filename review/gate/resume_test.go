package gate_test

import (
	"testing"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/review/gate"
)

// An attempt goes on with the check run that an earlier one of the same review has left open, and with no other.
func TestResume(t *testing.T) {
	s := githubtest.New(t)
	name := s.AddRepo("acme", "agent")
	sha := s.Commit(name, nil, githubtest.Text(map[string]string{"a": "1\n"}))
	client, err := github.New(github.Config{BaseURL: s.URL, GraphQLURL: s.GraphQLURL, Token: s.Token})
	if err != nil {
		t.Fatal(err)
	}
	app, err := github.New(github.Config{BaseURL: s.URL, GraphQLURL: s.GraphQLURL, App: &github.AppAuth{ID: 9, Installation: 7, PrivateKey: s.AddApp(9, 7, "pertask")}})
	if err != nil {
		t.Fatal(err)
	}
	repo, c := github.Repo{Owner: "acme", Name: "agent"}, gate.Check{Name: "pertask", HeadSHA: sha}
	resume := func(id string) *gate.Gate {
		t.Helper()
		g, err := gate.Resume(t.Context(), client, repo, c, "", time.Now, id)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	killed, other := resume("one"), resume("two")
	if killed.ID == other.ID {
		t.Fatal("two reviews share a check run")
	}
	again := resume("one")
	if again.ID != killed.ID || len(s.Checks(name, sha)) != 2 {
		t.Fatalf("the second attempt has the check run %d, the first had %d; there are %d", again.ID, killed.ID, len(s.Checks(name, sha)))
	}
	if err := other.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if free, err := again.Take(t.Context(), "measuring"); err != nil || !free {
		t.Errorf("it waits for its own earlier attempt: %v", err)
	}
	if err := again.Complete(t.Context(), github.CheckRun{Conclusion: gate.Success, Title: "done", Summary: "done"}); err != nil {
		t.Fatal(err)
	}
	if later := resume("one"); later.ID == killed.ID {
		t.Error("a check run that is complete was gone on with, and nothing says whose it was")
	}
	paged := func(id string) *gate.Gate {
		t.Helper()
		g, err := gate.Resume(t.Context(), app, repo, c, "https://app.example/"+id, time.Now, id)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	first := paged("three")
	if err := first.Complete(t.Context(), github.CheckRun{Conclusion: gate.Neutral, Title: "done", Summary: "done", ExternalID: "x"}); err != nil {
		t.Fatal(err)
	}
	if later := paged("three"); later.ID != first.ID {
		t.Error("the check run that the review has completed itself was not found again")
	}
	if other := paged("four"); other.ID == first.ID {
		t.Error("another review took it")
	}
}
