package app_test

import (
	"context"
	"testing"
	"time"

	"github.com/pertask/pertask/app"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/github/githubtest"
)

// TestPulls has the dashboard read pull requests as the installation that they are of.
func TestPulls(t *testing.T) {
	s := newStage(t)
	base := s.hub.Commit(s.repo, nil, githubtest.Text(map[string]string{"a": "1\n"}))
	s.hub.SetBranch(s.repo, "main", base)
	head := s.hub.Commit(s.repo, []string{base}, githubtest.Text(map[string]string{"a": "2\n"}))
	s.hub.SetBranch(s.repo, "fix-date", head)
	number := s.hub.OpenPull(s.repo, base, head, func(p *githubtest.Pull) { p.HeadRef = "fix-date" })
	server, err := s.open(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	get, err := app.Pulls(t.Context(), server, []byte(s.env["PERTASK_APP_PRIVATE_KEY"]), appID)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	all := get(ctx, time.Now().AddDate(0, -1, 0), record.Repo{Installation: installation, ID: 1, Name: "acme/agent"}, record.Repo{Installation: installation, ID: 2, Name: "acme/nothing"}, record.Repo{Installation: 78, ID: 1, Name: "acme/agent"})
	if a := all[0]; !a.Known || !a.Whole || a.Repository.Name != "github.com/acme/agent" || a.Repository.DefaultBranch != "main" || len(a.Repository.Pulls) != 1 || a.Repository.Pulls[0].Number != number || a.Repository.Pulls[0].HeadRef != "fix-date" || a.Repository.Pulls[0].Author != "" {
		t.Errorf("%+v", a)
	}
	for _, a := range all[1:] {
		if a.Known || a.Err == nil {
			t.Errorf("what is not there, or another installation's: %+v", a)
		}
	}
}
