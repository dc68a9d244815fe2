package github_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
)

const configPath = ".github/pertask.yml"

func TestFactsAreOneRequest(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	body := comment(t, 0, "ours")
	w.AddComment(w.name, w.pull, "mallory", body) // a pasted marker
	w.AddComment(w.name, w.pull, "github-actions[bot]", "another workflow's comment")
	id := w.AddComment(w.name, w.pull, "github-actions[bot]", body)
	w.AddJob(w.name, w.head, "measure")
	if _, err := w.c.CreateCheck(bg(), acme, github.CheckRun{
		Name: "done", HeadSHA: w.head, Status: github.StatusCompleted, Conclusion: github.ConclusionSuccess,
	}); err != nil {
		t.Fatal(err)
	}
	w.ResetRequests()

	f, err := w.c.Facts(bg(), acme, w.pull, w.base, w.head, configPath)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(f.Config), "version: 1\n"; got != want || !f.HasConfig {
		t.Errorf("config = %q, %v, want %q", got, f.HasConfig, want)
	}
	if len(f.Comments) != 1 || f.Comments[0].ID != id || f.Comments[0].Body != body || f.Comments[0].Created.IsZero() {
		t.Errorf("comments = %+v, want only %d", f.Comments, id)
	}
	if got, want := f.Comments[0].Marker.Suite, "worst-three"; got != want {
		t.Errorf("suite = %q, want %q", got, want)
	}
	if len(f.OpenChecks) != 1 || f.OpenChecks[0].Name != "measure" || f.OpenChecks[0].Status != "in_progress" || f.OpenChecks[0].App != "github-actions" {
		t.Errorf("open checks = %+v, want the job", f.OpenChecks)
	}
	if f.ChecksUnknown {
		t.Error("the check runs are all known")
	}
	if got := w.Requests(); len(got) != 1 || got[0].Path != "/graphql" {
		t.Errorf("requests = %+v, want one", got)
	}
}

func TestFactsOfABarePullRequest(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	f, err := w.c.Facts(bg(), acme, w.pull, w.base, w.head, "no/such.yml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f, github.Facts{Head: w.head}); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
}

func TestFactsReadsEveryPageOfComments(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	for i := range 250 {
		w.AddComment(w.name, w.pull, "ada", fmt.Sprint(i))
	}
	id := w.AddComment(w.name, w.pull, "github-actions[bot]", comment(t, 0, "late"))
	f, err := w.c.Facts(bg(), acme, w.pull, w.base, w.head, configPath)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Comments) != 1 || f.Comments[0].ID != id {
		t.Errorf("comments = %+v, want %d", f.Comments, id)
	}
	if got, want := w.Count("POST", "^/graphql$"), 3; got != want {
		t.Errorf("requests = %d, want %d for 251 comments", got, want)
	}
}

func TestFactsConfigThatGraphQLCuts(t *testing.T) {
	for _, tt := range []struct{ name, text string }{
		{"long", strings.Repeat("# a line of a comment\n", 30_000)}, // above 512,000 bytes
		{"binary", "a\x00b"},
		{"CRLF", "version: 1\r\n"},
		{"empty", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, githubtest.Options{})
			base := w.Commit(w.name, nil, githubtest.Text(map[string]string{"c.yml": tt.text}))
			f, err := w.c.Facts(bg(), acme, w.pull, base, w.head, "c.yml")
			if err != nil {
				t.Fatal(err)
			}
			if string(f.Config) != tt.text || !f.HasConfig {
				t.Errorf("config has %d bytes, %v, want %d", len(f.Config), f.HasConfig, len(tt.text))
			}
		})
	}
	w := newWorld(t, githubtest.Options{})
	base := w.Commit(w.name, nil, githubtest.Text(map[string]string{"c.yml": strings.Repeat("x", 1<<20+1)}))
	if _, err := w.c.Facts(bg(), acme, w.pull, base, w.head, "c.yml"); !errors.Is(err, github.ErrTooLong) {
		t.Errorf("got %v, want ErrTooLong", err)
	}
}

func TestFactsDirectoryIsNoConfig(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	f, err := w.c.Facts(bg(), acme, w.pull, w.base, w.head, ".github")
	if err != nil || f.HasConfig {
		t.Errorf("got %v, %v, want no configuration", f.HasConfig, err)
	}
}

func TestFactsWithoutPermissionForChecks(t *testing.T) {
	a := githubtest.WorkflowActor()
	delete(a.Permissions, "checks")
	w := newWorld(t, githubtest.Options{Actor: a})
	w.AddJob(w.name, w.head, "measure")
	f, err := w.c.Facts(bg(), acme, w.pull, w.base, w.head, configPath)
	if err != nil {
		t.Fatal(err)
	}
	if !f.ChecksUnknown || len(f.OpenChecks) != 0 || !f.HasConfig {
		t.Errorf("got %+v, want the configuration and unknown checks", f)
	}
}

func TestFactsManyChecksAreUnknown(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	for range 51 {
		w.AddJob(w.name, w.head, "measure")
	}
	f, err := w.c.Facts(bg(), acme, w.pull, w.base, w.head, configPath)
	if err != nil {
		t.Fatal(err)
	}
	if !f.ChecksUnknown || len(f.OpenChecks) != 50 {
		t.Errorf("got %d open and unknown %v, want 50 and true", len(f.OpenChecks), f.ChecksUnknown)
	}
}

func TestFactsErrors(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	sha := strings.Repeat("a", 40)
	for _, tt := range []struct {
		name       string
		repo       github.Repo
		pull       int
		base, head string
		path       string
		want       string
		is         error
	}{
		{"no repository", github.Repo{Owner: "acme", Name: "nope"}, 1, sha, sha, "c", "reading pull request acme/nope#1: not found", github.ErrNotFound},
		{"no pull request", acme, 99, w.base, w.head, "c", "reading pull request acme/agent#99: not found", github.ErrNotFound},
		{"bad repository", github.Repo{Owner: "..", Name: "x"}, 1, sha, sha, "c", `not "owner/name"`, nil},
		{"branch for a base", acme, 1, "main", sha, "c", "full object ids", nil},
		{"path that climbs", acme, 1, sha, sha, "../c", "slash-separated", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.c.Facts(bg(), tt.repo, tt.pull, tt.base, tt.head, tt.path)
			if err == nil || !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestFactsWithAnAppShowsOnlyItsChecks(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	key := w.AddApp(77, 7, "pertask")
	c := newClient(t, w.Server, func(cfg *github.Config) {
		cfg.Token, cfg.App = "", &github.AppAuth{ID: 77, Installation: 7, PrivateKey: key}
	})
	w.AddJob(w.name, w.head, "pertask")
	if _, err := c.CreateCheck(bg(), acme, github.CheckRun{Name: "pertask", HeadSHA: w.head, Status: github.StatusInProgress}); err != nil {
		t.Fatal(err)
	}
	f, err := c.Facts(bg(), acme, w.pull, w.base, w.head, configPath)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.OpenChecks) != 1 || f.OpenChecks[0].App != "pertask" {
		t.Errorf("open checks = %+v, want the App's", f.OpenChecks)
	}
	all, err := c.Checks(bg(), acme, w.head, "pertask")
	if err != nil || len(all) != 1 || all[0].App != "pertask" {
		t.Errorf("checks = %+v, %v, want the App's", all, err)
	}
	if got, want := w.Count("POST", "/access_tokens$"), 1; got != want {
		t.Errorf("token requests = %d, want %d", got, want)
	}
}
