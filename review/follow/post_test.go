package follow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/review/follow"
)

// TestPost: what came of a change has one comment of its own, beside the one about the review, and nothing is written for what is
// said already.
func TestPost(t *testing.T) {
	hub := githubtest.New(t)
	repo := hub.AddRepo("acme", "shop")
	base := hub.Commit(repo, nil, githubtest.Text(map[string]string{"a": "1"}))
	pull := hub.OpenPull(repo, base, hub.Commit(repo, []string{base}, githubtest.Text(map[string]string{"a": "2"})))
	client, err := github.New(github.Config{BaseURL: hub.URL, GraphQLURL: hub.GraphQLURL, Token: hub.Token})
	if err != nil {
		t.Fatal(err)
	}
	name := github.Repo{Owner: "acme", Name: "shop"}
	line, err := marker.Marker{Time: switched}.Line()
	if err == nil {
		_, err = client.Post(t.Context(), name, pull, line+"\n\nThe review.")
	}
	if err != nil {
		t.Fatal(err)
	}
	writes := func() (n int) {
		for _, r := range hub.Requests() {
			if r.Method != "GET" && strings.Contains(r.Path, "comments") {
				n++
			}
		}
		return n
	}
	for i, tt := range []struct {
		body   string
		writes int
	}{{"Too few.", 2}, {"Too few.", 2}, {"As predicted.", 3}} {
		if err := follow.Post(t.Context(), client, name, pull, tt.body, switched.Add(time.Duration(i+1)*time.Hour)); err != nil {
			t.Fatal(err)
		}
		all := hub.Comments(repo, pull)
		if len(all) != 2 || !strings.Contains(all[0].Body, "The review.") || !strings.Contains(all[1].Body, tt.body) || writes() != tt.writes {
			t.Errorf("%q: %d writes, want %d; comments %+v", tt.body, writes(), tt.writes, all)
		}
	}
}
