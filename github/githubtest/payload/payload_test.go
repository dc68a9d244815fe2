package payload_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github/githubtest/appstore"
	"github.com/pertask/pertask/github/githubtest/checkstore"
	"github.com/pertask/pertask/github/githubtest/commentstore"
	"github.com/pertask/pertask/github/githubtest/gitstore"
	"github.com/pertask/pertask/github/githubtest/payload"
	"github.com/pertask/pertask/github/githubtest/repostore"
)

const repo = "acme/agent"

// world is a repository with a pull request, a comment and a check run, and an App that is installed in it and in no other.
type world struct {
	payload.Writer
	app          *appstore.Registered
	base, head   string
	comment, run int64
	id           int64 // of the repository
}

func newWorld(t *testing.T) world {
	t.Helper()
	id := int64(0)
	next := func() int64 { id++; return id }
	w := world{Writer: payload.Writer{Repos: repostore.New(next), Apps: appstore.New(func(int) string { return "x" }), NewID: next, URL: "https://api.example/"}}
	r := w.Repos.Add(repo)
	w.id = r.ID
	w.Repos.Add("acme/other")
	w.base = r.Git.Commit(nil, gitstore.Text(map[string]string{"a": "1\n"}), "base")
	w.head = r.Git.Commit([]string{w.base}, gitstore.Text(map[string]string{"a": "2\n"}), "head")
	if _, err := r.Open(w.base, w.head); err != nil {
		t.Fatal(err)
	}
	w.comment = r.Comments.Add(1, true, commentstore.Author{Login: "eve"}, "/run", time.Unix(0, 0)).ID
	w.run = r.Checks.Add(checkstore.App{ID: 77, Slug: "bot"}, w.head, "pertask", time.Unix(0, 0)).ID
	var err error
	if w.app, err = w.Apps.Register(appstore.App{ID: 77, Slug: "bot"}); err != nil {
		t.Fatal(err)
	}
	w.Apps.Install(&appstore.Installation{ID: 7, App: w.app, Account: "acme", Repos: map[int64]bool{r.ID: true}})
	return w
}

// at returns what a payload has at a path.
func at(t *testing.T, raw []byte, path string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	for k := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[k]
		case []any:
			v = nil
			if len(x) > 0 {
				v = x[0].(map[string]any)[k]
			}
		default:
			return nil
		}
	}
	return v
}

func TestEvents(t *testing.T) {
	w := newWorld(t)
	for name, tt := range map[string]struct {
		write func() ([]byte, error)
		want  map[string]any
	}{
		"pull_request": {func() ([]byte, error) { return w.PullRequest(repo, 1, "opened") }, map[string]any{
			"action": "opened", "number": 1.0, "pull_request.head.sha": w.head, "repository.full_name": repo, "sender.login": "ada",
		}},
		"issue_comment": {func() ([]byte, error) { return w.Comment(repo, 1, w.comment) }, map[string]any{
			"action": "created", "comment.body": "/run", "comment.user.login": "eve", "issue.number": 1.0, "issue.pull_request.url": "https://api.example/",
		}},
		"a comment that is gone": {func() ([]byte, error) { return w.Comment(repo, 1, 99) }, map[string]any{"comment": nil, "issue.state": "open"}},
		"merge_group": {func() ([]byte, error) { return w.MergeGroup(repo, 1, "abc") }, map[string]any{
			"merge_group.head_ref": "refs/heads/gh-readonly-queue/main/pr-1-abc", "merge_group.base_sha": w.base, "merge_group.base_ref": "refs/heads/main",
		}},
		"check_run": {func() ([]byte, error) { return w.Check(repo, w.run, "rerequested", "", "eve") }, map[string]any{
			"check_run.name": "pertask", "check_run.pull_requests.number": 1.0, "requested_action": nil, "sender.login": "eve",
		}},
		"a button":    {func() ([]byte, error) { return w.Check(repo, w.run, "requested_action", "go", "eve") }, map[string]any{"requested_action.identifier": "go"}},
		"check_suite": {func() ([]byte, error) { return w.Suite(repo, w.head, 77, "requested", "eve") }, map[string]any{"check_suite.head_sha": w.head, "check_suite.app.id": 77.0, "check_suite.pull_requests.number": 1.0}},
		"push":        {func() ([]byte, error) { return w.Push(repo, "main", w.base, w.head, "eve") }, map[string]any{"ref": "refs/heads/main", "before": w.base, "after": w.head}},
		"installation": {func() ([]byte, error) { return w.Installation(7, "created") }, map[string]any{
			"installation.id": 7.0, "repositories.full_name": repo, "sender.login": "acme",
		}},
		"added":   {func() ([]byte, error) { return w.InstallationRepos(7, []string{"acme/other"}, nil) }, map[string]any{"action": "added", "repositories_added.full_name": "acme/other", "repositories_removed.id": nil}},
		"removed": {func() ([]byte, error) { return w.InstallationRepos(7, nil, []string{repo}) }, map[string]any{"action": "removed", "repositories_removed.full_name": repo}},
	} {
		raw, err := tt.write()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for path, want := range tt.want {
			if diff := cmp.Diff(at(t, raw, path), want); diff != "" {
				t.Errorf("%s: %s: got-want:\n%s", name, path, diff)
			}
		}
	}
}

func TestEventsOfNothing(t *testing.T) {
	w := newWorld(t)
	for want, write := range map[string]func() ([]byte, error){
		`no repository "a/b"`:           func() ([]byte, error) { return w.PullRequest("a/b", 1, "opened") },
		`no repository "c/d"`:           func() ([]byte, error) { return w.Push("c/d", "main", "", "", "") },
		`no repository "e/f"`:           func() ([]byte, error) { return w.InstallationRepos(7, []string{"e/f"}, nil) },
		`no repository "g/h"`:           func() ([]byte, error) { return w.InstallationRepos(7, nil, []string{"g/h"}) },
		`no pull request acme/agent#2`:  func() ([]byte, error) { return w.MergeGroup(repo, 2, "") },
		`no check run 99 in acme/agent`: func() ([]byte, error) { return w.Check(repo, 99, "rerequested", "", "") },
		`no installation 8`:             func() ([]byte, error) { return w.Installation(8, "created") },
		`no pull request acme/agent#-1`: func() ([]byte, error) { return w.Comment(repo, -1, 0) },
		`no check run -1 in acme/agent`: func() ([]byte, error) { return w.Check(repo, -1, "requested_action", "x", "") },
		`no repository "no slash"`:      func() ([]byte, error) { return w.Suite("no slash", "", 1, "", "") },
	} {
		if raw, err := write(); raw != nil || err == nil || err.Error() != want {
			t.Errorf("got %s and %v, want %s", raw, err, want)
		}
	}
}

func TestDelivery(t *testing.T) {
	w := newWorld(t)
	pull, err := w.PullRequest(repo, 1, "opened")
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := w.Apps.Register(appstore.App{ID: 78})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		app          *appstore.Registered
		payload      string
		installation int64
		repository   int64
		action       string
	}{
		"of a repository":          {w.app, string(pull), 7, w.id, "opened"},
		"of an App that is not":    {stranger, string(pull), 0, w.id, "opened"},
		"of another repository":    {w.app, `{"repository":{"id":99}}`, 0, 99, ""},
		"with an installation":     {w.app, `{"action":"x","installation":{"id":5},"repository":{"id":1}}`, 5, 1, "x"},
		"of nothing":               {w.app, `{}`, 0, 0, ""},
		"no JSON":                  {w.app, `{`, 0, 0, ""},
		"JSON of another kind":     {w.app, `[1]`, 0, 0, ""},
		"an action of no text":     {w.app, `{"action":1}`, 0, 0, ""},
		"a repository by its name": {w.app, `{"repository":"x"}`, 0, 0, ""},
	} {
		d := w.Delivery(tt.app, "pull_request", []byte(tt.payload))
		if diff := cmp.Diff([]any{d.Event, d.Installation, d.Repository, d.Action}, []any{"pull_request", tt.installation, tt.repository, tt.action}); diff != "" {
			t.Errorf("%s: got-want:\n%s", name, diff)
		}
		if name == "of a repository" {
			if got := at(t, d.Payload, "installation.id"); got != 7.0 {
				t.Errorf("%s: sent the installation %v", name, got)
			}
		} else if string(d.Payload) != tt.payload {
			t.Errorf("%s: the payload was changed to %s", name, d.Payload)
		}
	}
}
