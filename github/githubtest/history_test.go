package githubtest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github/githubtest"
)

// TestHistory sees over the wire what became of a pull request, in a repository under its old name.
func TestHistory(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s, _, head := seeded(t, githubtest.Options{Now: func() time.Time { return now }, Points: 3})
	fork := s.AddFork("acme/agent", "eve", "agent")
	s.OpenPull("acme/agent", head, head, func(p *githubtest.Pull) { p.HeadRepo, p.HeadRef = fork, "topic" })
	now = now.Add(time.Hour)
	s.ChangePull("acme/agent", 1, func(p *githubtest.Pull) { p.Merged, p.MergeSHA = true, head })
	s.RenameRepo("acme/agent", "acme/tool")
	s.SetDefaultBranch("acme/tool", "trunk")
	s.DeleteRepo(fork)
	ask := func() string {
		_, _, text := do(t, s, "POST", "graphql", `{"query":"{rateLimit{cost remaining} repository(owner:\"acme\",name:\"agent\"){nameWithOwner defaultBranchRef{name} pullRequests(first:9){nodes{number state closedAt createdAt headRepository{nameWithOwner}}}}}"}`)
		return text
	}
	first := ask()
	for _, want := range []string{
		`"rateLimit":{"cost":1,"remaining":2}`, `"nameWithOwner":"acme/tool"`, `"name":"trunk"`,
		`"closedAt":"2026-11-23T13:00:00Z","createdAt":"2026-11-23T12:00:00Z","headRepository":{"nameWithOwner":"acme/tool"},"number":1,"state":"MERGED"`,
		`"headRepository":null,"number":2,"state":"OPEN"`,
	} {
		if !strings.Contains(first, want) {
			t.Errorf("got %s, want %s", first, want)
		}
	}
	ask()
	ask()
	if got := ask(); !strings.Contains(got, `"type":"RATE_LIMITED"`) {
		t.Errorf("beyond the limit: got %s", got)
	}
}
