package event_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/github/githubtest"
)

var (
	acme  = github.Repo{Owner: "acme", Name: "agent"}
	shaA  = strings.Repeat("a", 40)
	shaB  = strings.Repeat("b", 40)
	zeros = strings.Repeat("0", 40)
)

func pullPayload(head string) string {
	return fmt.Sprintf(`{"action":"labeled","number":7,"label":{"name":"pertask"},
		"repository":{"id":1,"full_name":"acme/agent"},"sender":{"login":"ada"},"installation":{"id":55},
		"pull_request":{"number":7,"state":"open","draft":true,"user":{"login":"eve"},"labels":[{"name":"pertask"}],
		"created_at":"2018-04-25 20:42:10",
		"base":{"sha":%q,"ref":"main","repo":{"id":1,"full_name":"acme/agent"}},"head":%s}}`, shaA, head)
}

func TestParsePullRequestEvent(t *testing.T) {
	for _, tt := range []struct {
		name, head, repo string
		fork             bool
	}{
		{"same repository", `{"sha":"%s","ref":"change","repo":{"id":1,"full_name":"acme/agent"}}`, "acme/agent", false},
		{"fork", `{"sha":"%s","ref":"change","repo":{"id":2,"full_name":"eve/agent"}}`, "eve/agent", true},
		{"deleted fork", `{"sha":"%s","ref":"change","repo":null}`, "", true},
		{"name without its id", `{"sha":"%s","ref":"change","repo":{"full_name":"acme/agent"}}`, "acme/agent", true},
		{"id without its name", `{"sha":"%s","ref":"change","repo":{"id":1,"full_name":"eve/agent"}}`, "eve/agent", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range []string{"pull_request", "pull_request_target"} {
				got, err := event.Parse(name, []byte(pullPayload(fmt.Sprintf(tt.head, shaB))))
				if err != nil {
					t.Fatal(err)
				}
				want := event.Event{
					Name: name, Action: "labeled", Label: "pertask", Repo: acme, RepoID: 1, Sender: "ada", Installation: 55,
					Pull: event.Pull{
						Number: 7, BaseSHA: shaA, BaseRef: "main", HeadSHA: shaB, HeadRef: "change", HeadRepo: tt.repo, Fork: tt.fork,
						Draft: true, State: "open", Author: "eve", Labels: []string{"pertask"},
					},
				}
				if diff := cmp.Diff(got, want); diff != "" {
					t.Errorf("got-want:\n%s", diff)
				}
			}
		})
	}
}

func TestParseOtherEvents(t *testing.T) {
	const repo = `"repository":{"id":1,"full_name":"acme/agent"},"sender":{"login":"ada"}`
	group := "refs/heads/gh-readonly-queue/main/pr-104-" + shaB
	for _, tt := range []struct {
		name, event, payload string
		want                 event.Event
	}{
		{"merge group", "merge_group", fmt.Sprintf(`{"action":"checks_requested",%s,"merge_group":{"head_sha":%q,"head_ref":%q,"base_sha":%q,"base_ref":"refs/heads/main"}}`, repo, shaB, group, shaA),
			event.Event{Action: "checks_requested", MergeGroup: event.MergeGroup{HeadSHA: shaB, HeadRef: group, BaseSHA: shaA, BaseRef: "refs/heads/main", Pull: 104}}},
		{"comment on a pull request", "issue_comment", `{"action":"created",` + repo + `,"issue":{"number":7,"state":"open","user":{"login":"eve"},"pull_request":{}},
			"comment":{"id":5000000001,"body":"/pertask run","user":{"login":"bob"},"author_association":"MEMBER"}}`,
			event.Event{Action: "created", Pull: event.Pull{Number: 7, State: "open", Author: "eve", Fork: true},
				Comment: event.Comment{ID: 5000000001, Body: "/pertask run", Author: "bob", Association: "MEMBER"}}},
		{"comment on an issue", "issue_comment", `{"action":"created",` + repo + `,"issue":{"number":7},"comment":{"id":1,"body":"hi","user":null}}`,
			event.Event{Action: "created", Comment: event.Comment{ID: 1, Body: "hi"}}},
		{"dispatch", "workflow_dispatch", `{` + repo + `,"ref":"refs/heads/main","inputs":{"pr":"7","force":true,"n":3,"none":null}}`,
			event.Event{Ref: "refs/heads/main", Inputs: map[string]string{"pr": "7", "force": "true", "n": "3"}}},
		{"dispatch without inputs", "workflow_dispatch", `{` + repo + `,"ref":"refs/heads/main","inputs":null}`, event.Event{Ref: "refs/heads/main"}},
		{"push", "push", fmt.Sprintf(`{%s,"ref":"refs/heads/main","before":%q,"after":%q}`, repo, zeros, shaA),
			event.Event{Ref: "refs/heads/main", Before: zeros, After: shaA}},
		{"button", "check_run", fmt.Sprintf(`{"action":"requested_action",%s,"requested_action":{"identifier":"run"},
			"check_run":{"id":9,"name":"pertask","head_sha":%q,"external_id":"k","app":{"id":77},"pull_requests":[]}}`, repo, shaA),
			event.Event{Action: "requested_action", Check: event.Check{ID: 9, Name: "pertask", HeadSHA: shaA, ExternalID: "k", App: 77, Identifier: "run"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.Name, tt.want.Repo, tt.want.RepoID, tt.want.Sender = tt.event, acme, 1, "ada"
			got, err := event.Parse(tt.event, []byte(tt.payload))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, tt.want); diff != "" {
				t.Errorf("got-want:\n%s", diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	good := pullPayload(fmt.Sprintf(`{"sha":%q,"ref":"change"}`, shaB))
	if event.Known("schedule") || !event.Known("check_suite") {
		t.Error("the names that are known are others")
	}
	for _, tt := range []struct{ name, event, payload, want string }{
		{"unknown event", "schedule", good, "allowed are"},
		{"long name", strings.Repeat("x", 100) + "\n", good, "reading event \"" + strings.Repeat("x", 60) + "\": "},
		{"no JSON", "push", "<html>", "decoding payload"},
		{"no repository", "push", "{}", "no repository"},
		{"bad repository", "push", `{"repository":{"full_name":"../x"}}`, "reading repository"},
		{"repository without id", "push", `{"repository":{"full_name":"a/b"},"installation":{"id":5}}`, "without an id"},
		{"no pull request", "pull_request", `{"repository":{"full_name":"a/b"}}`, "no pull_request"},
		{"short id", "pull_request", strings.Replace(good, shaB, "bbbb", 1), "no number, base.sha or head.sha"},
		{"upper case id", "pull_request", strings.Replace(good, shaB, strings.ToUpper(shaB), 1), "head.sha"},
		{"branch with an option", "pull_request", strings.Replace(good, `"change"`, `"--upload-pack=x"`, 1), "no branch"},
		{"branch with a line break", "pull_request", strings.Replace(good, `"change"`, `"a\nb"`, 1), "no branch"},
		{"number 0", "pull_request", strings.Replace(good, `{"number":7`, `{"number":0`, 1), "no number"},
		{"merge group without head", "merge_group", `{"repository":{"full_name":"a/b"},"merge_group":{}}`, "no merge_group"},
		{"comment without issue", "issue_comment", `{"repository":{"full_name":"a/b"}}`, "no issue"},
		{"push without ref", "push", `{"repository":{"full_name":"a/b"}}`, "no ref"},
		{"dispatch without ref", "workflow_dispatch", `{"repository":{"full_name":"a/b"}}`, "no ref"},
		{"check run without id", "check_run", `{"repository":{"full_name":"a/b"},"check_run":{}}`, "no check_run"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := event.Parse(tt.event, []byte(tt.payload))
			if !errors.Is(err, event.ErrEvent) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestEventsOfTheTestServer(t *testing.T) {
	s := githubtest.New(t)
	name := s.AddRepo("acme", "agent")
	base := s.Commit(name, nil, githubtest.Text(map[string]string{"a": "1\n"}))
	head := s.Commit(name, []string{base}, githubtest.Text(map[string]string{"a": "2\n"}))
	pull := s.OpenPull(name, base, head)
	id := s.AddComment(name, pull, "bob", "/pertask run")
	for name, payload := range map[string][]byte{
		"pull_request":  s.PullRequestEvent(name, pull, "opened"),
		"issue_comment": s.CommentEvent(name, pull, id),
		"merge_group":   s.MergeGroupEvent(name, pull, head),
	} {
		e, err := event.Parse(name, payload)
		if err != nil {
			t.Fatal(err)
		}
		if got := max(e.Pull.Number, e.MergeGroup.Pull); got != pull || e.Repo != acme {
			t.Errorf("%s: got %+v", name, e)
		}
		if name == "pull_request" && (e.Pull.Fork || e.Pull.HeadSHA != head) {
			t.Errorf("got %+v, want the same repository", e.Pull)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("pull_request", []byte(pullPayload(fmt.Sprintf(`{"sha":%q,"ref":"change","repo":{"id":1,"full_name":"a/b"}}`, shaB))))
	f.Add("merge_group", []byte(`{"repository":{"full_name":"a/b"},"merge_group":{"head_ref":"gh-readonly-queue/pr-"}}`))
	f.Add("workflow_dispatch", []byte(`{"repository":{"full_name":"a/b"},"ref":"x","inputs":{"a":[1]}}`))
	f.Add("check_run", []byte(`{"repository":{"full_name":"a/b"},"check_run":{"id":1,"pull_requests":[{"number":1}]}}`))
	f.Add("check_suite", []byte(`{"repository":{"full_name":"a/b"},"check_suite":{"id":1}}`))
	f.Add("installation_repositories", []byte(`{"installation":{"id":1},"repositories_added":[{"id":1,"full_name":"a/b"}]}`))
	f.Fuzz(func(t *testing.T, name string, payload []byte) {
		e, err := event.Parse(name, payload)
		if err != nil {
			return
		}
		if _, err := github.ParseRepo(e.Repo.String()); err != nil && !strings.HasPrefix(name, "installation") {
			t.Errorf("repository %q of %q: %v", e.Repo, payload, err)
		}
		holdNote(t, e)
		if strings.HasPrefix(name, "pull_request") && (e.Pull.Number <= 0 || len(e.Pull.HeadSHA) < 40 || strings.ContainsAny(e.Pull.HeadRef, "\n\r ")) {
			t.Errorf("pull request %+v", e.Pull)
		}
	})
}
