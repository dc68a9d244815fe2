package github_test

import (
	"encoding/json"
	"testing"

	"github.com/pertask/pertask/github/githubtest"
)

// TestQueriesAreValid makes every GraphQL request of this package. The server holds each, as every other request
// of every test, against GitHub's own description; here it is made sure that all of them were.
func TestQueriesAreValid(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	for range 101 {
		w.AddComment(w.name, w.pull, "ada", "hi")
	}
	if _, err := w.c.Facts(bg(), acme, w.pull, w.base, w.head, configPath); err != nil {
		t.Fatal(err)
	}
	posted, err := w.c.Post(bg(), acme, w.pull, comment(t, 0, "x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.c.Hide(bg(), acme, posted); err != nil {
		t.Fatal(err)
	}
	if _, err := w.c.Comments(bg(), acme, w.pull); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range w.Requests() {
		if r.Path != "/graphql" {
			continue
		}
		var in struct{ Query string }
		if err := json.Unmarshal([]byte(r.Body), &in); err != nil {
			t.Fatal(err)
		}
		seen[in.Query] = true
	}
	if got, want := len(seen), 3; got != want {
		t.Errorf("%d different requests were checked, want %d: facts, a page of comments, hiding", got, want)
	}
}
