package event_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/event"
)

// maxNote is what a note of the App's queue can hold.
const maxNote = 64 << 10

const envelope = `"repository":{"id":1,"full_name":"acme/agent","default_branch":"main"},"sender":{"login":"ada","type":"User"},"installation":{"id":55}`

func TestParseWebhooks(t *testing.T) {
	suite := fmt.Sprintf(`"check_suite":{"id":8,"head_branch":"change","head_sha":%q,"app":{"id":77},"pull_requests":[{"number":7,"head":{"ref":"change"},"base":{"ref":"main"}}]}`, shaA)
	const owned = `"installation":{"id":55,"account":{"login":"acme","type":"Organization"}},"sender":{"login":"ada","type":"User"}`
	agent, tool := event.InstallationRepo{ID: 1, Name: acme}, event.InstallationRepo{ID: 2, Name: github.Repo{Owner: "acme", Name: "tool"}}
	in := func(e event.Event) event.Event {
		e.Repo, e.RepoID, e.DefaultBranch, e.Sender, e.Installation = acme, 1, "main", "ada", 55
		return e
	}
	for _, tt := range []struct {
		name, event, payload string
		want                 event.Event
	}{
		{"suite", "check_suite", `{"action":"rerequested",` + envelope + `,` + suite + `}`, in(event.Event{Action: "rerequested",
			Check: event.Check{ID: 8, HeadSHA: shaA, App: 77}, Pull: event.Pull{Number: 7, HeadRef: "change", BaseRef: "main", Fork: true}})},
		{"push", "push", fmt.Sprintf(`{%s,"ref":"refs/heads/main","before":%q,"after":%q}`, envelope, shaA, shaB), in(event.Event{Ref: "refs/heads/main", Before: shaA, After: shaB})},
		{"comment of a program", "issue_comment", `{"action":"created",` + envelope + `,"issue":{"number":7},"comment":{"id":1,"body":"hi","user":{"login":"bob","type":"Bot"}}}`,
			in(event.Event{Action: "created", Bot: true, Comment: event.Comment{ID: 1, Body: "hi", Author: "bob"}})},
		{"comment of a person that a program delivers", "issue_comment", `{"action":"created",` + strings.Replace(envelope, `"User"`, `"Bot"`, 1) + `,"issue":{"number":7},"comment":{"id":1,"user":{"login":"bob","type":"User"}}}`,
			in(event.Event{Action: "created", Comment: event.Comment{ID: 1, Author: "bob"}})},
		{"installed", "installation", `{"action":"created",` + owned + `,"repositories":[{"id":1,"full_name":"acme/agent"},{"id":2,"full_name":"acme/tool"}]}`,
			event.Event{Action: "created", Installation: 55, Account: "acme", Sender: "ada", Added: []event.InstallationRepo{agent, tool}}},
		{"uninstalled", "installation", `{"action":"deleted",` + owned + `,"repositories":[{"id":1,"full_name":"acme/agent"}]}`,
			event.Event{Action: "deleted", Installation: 55, Account: "acme", Sender: "ada"}},
		{"suspended", "installation", `{"action":"suspend",` + owned + `,"repositories":[{"id":1,"full_name":"acme/agent"}]}`,
			event.Event{Action: "suspend", Installation: 55, Account: "acme", Sender: "ada"}},
		{"repositories", "installation_repositories", `{"action":"added",` + owned + `,"repositories_added":[{"id":1,"full_name":"acme/agent"}],"repositories_removed":[{"id":2,"full_name":"acme/tool"}]}`,
			event.Event{Action: "added", Installation: 55, Account: "acme", Sender: "ada", Added: []event.InstallationRepo{agent}, Removed: []event.InstallationRepo{tool}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.Name = tt.event
			got, err := event.Parse(tt.event, []byte(tt.payload))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, tt.want); diff != "" {
				t.Errorf("got-want:\n%s", diff)
			}
			holdNote(t, got)
		})
	}
}

func TestBaseChanged(t *testing.T) {
	for changes, want := range map[string]bool{
		`"changes":{"base":{"ref":{"from":"old"}}},`: true, `"changes":{"base":{}},`: true, `"changes":{"base":null},`: false,
		`"changes":{"title":{"from":"base"}},`: false, `"changes":null,`: false, ``: false,
	} {
		payload := strings.Replace(pullPayload(fmt.Sprintf(`{"sha":%q,"ref":"change"}`, shaB)), "{", "{"+changes, 1)
		if e, err := event.Parse("pull_request", []byte(payload)); err != nil || e.BaseChanged != want {
			t.Errorf("%s: got %v, %v, want %v", changes, e.BaseChanged, err, want)
		}
	}
}

func TestParseRefusesInstallations(t *testing.T) {
	for name, payload := range map[string]string{
		"no installation":         `{"action":"created","repositories":[]}`,
		"no id":                   `{"installation":{"account":{"login":"acme"}}}`,
		"a repository of a path":  `{"installation":{"id":5},"repositories":[{"id":1,"full_name":"../.."}],"repositories_added":[{"id":1,"full_name":"../.."}]}`,
		"a repository without id": `{"installation":{"id":5},"repositories":[{"full_name":"a/b"}],"repositories_added":[{"full_name":"a/b"}]}`,
	} {
		for _, e := range []string{"installation", "installation_repositories"} {
			if got, err := event.Parse(e, []byte(payload)); err == nil {
				t.Errorf("%s: %s: got %+v", e, name, got)
			}
		}
	}
}

// holdNote holds that an event is the same when it comes out of the queue, and fits into it.
func holdNote(t *testing.T, e event.Event) {
	t.Helper()
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) > maxNote {
		t.Errorf("the note has %d bytes, %d are allowed", len(raw), maxNote)
	}
	var back event.Event
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(back, e); diff != "" {
		t.Errorf("out of the queue-into it:\n%s", diff)
	}
}

// TestNotesFit has what GitHub lets people write, and more, in the bytes that take most room in JSON.
func TestNotesFit(t *testing.T) {
	text := func(n int) string { return strings.Repeat("<", n) }
	var labels, repos, inputs []string
	for i := range 1000 {
		labels = append(labels, fmt.Sprintf(`{"name":"%d%s"}`, i, text(50)))
		repos = append(repos, fmt.Sprintf(`{"id":%d,"full_name":"%s/%s%d"}`, i+1_000_000_000, strings.Repeat("o", 39), strings.Repeat("n", 90), i))
		inputs = append(inputs, fmt.Sprintf(`"%d%s":"%s"`, i, text(50), text(1000)))
	}
	all := strings.Join(labels, ",")
	branch := text(1000)
	pull := strings.NewReplacer(`[{"name":"pertask"}]`, "["+all+"]", `"ref":"main"`, `"ref":"`+branch+`"`, `"login":"`, `"login":"`+text(9000), `"name":"pertask"`, `"name":"`+text(9000)+`"`).
		Replace(pullPayload(fmt.Sprintf(`{"sha":%q,"ref":%q,"repo":{"id":2,"full_name":"eve/agent"}}`, shaB, branch)))
	for name, tt := range map[string][2]string{
		"pull request": {"pull_request", pull},
		"comment": {"issue_comment", `{"action":"` + text(500) + `",` + envelope + `,"issue":{"number":7,"state":"` + text(500) + `","user":{"login":"` + text(500) + `"},"pull_request":{},"labels":[` + all + `]},
			"comment":{"id":1,"body":"` + text(60_000) + `","user":{"login":"` + text(500) + `"},"author_association":"` + text(500) + `"}}`},
		"dispatch":     {"workflow_dispatch", `{` + envelope + `,"ref":"` + branch + `","inputs":{` + strings.Join(inputs, ",") + `}}`},
		"check run":    {"check_run", fmt.Sprintf(`{%s,"requested_action":{"identifier":"%s"},"check_run":{"id":9,"name":"%s","head_sha":%q,"external_id":"%s"}}`, envelope, text(9000), text(9000), shaA, text(9000))},
		"merge group":  {"merge_group", fmt.Sprintf(`{%s,"merge_group":{"head_sha":%q,"head_ref":%q,"base_sha":%q,"base_ref":%q}}`, envelope, shaA, branch, shaA, branch)},
		"installation": {"installation", `{"installation":{"id":5,"account":{"login":"` + text(500) + `"}},"repositories":[` + strings.Join(repos, ",") + `]}`},
		"repositories": {"installation_repositories", `{"installation":{"id":5},"repositories_added":[` + strings.Join(repos[:200], ",") + `],"repositories_removed":[` + strings.Join(repos, ",") + `]}`},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := event.Parse(tt[0], []byte(tt[1]))
			if err != nil {
				t.Fatal(err)
			}
			holdNote(t, e)
			if got := len(e.Added) + len(e.Removed); e.More != (got > 0) || got > 250 {
				t.Errorf("%d repositories, more: %v", got, e.More)
			}
		})
	}
}

// TestCommentsAreCut keeps the first line, in which a command is, and no half of a character.
func TestCommentsAreCut(t *testing.T) {
	body := "/pertask run\n" + strings.Repeat("é", 4<<10)
	e, err := event.Parse("issue_comment", []byte(`{`+envelope+`,"issue":{"number":7},"comment":{"id":1,"body":`+fmt.Sprintf("%q", body)+`}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Comment.Body; len(got) > 4<<10 || len(got) < 4<<10-1 || !utf8.ValidString(got) || !strings.HasPrefix(got, "/pertask run\n") {
		t.Errorf("got %d bytes, %.20q", len(got), got)
	}
}

// TestStoredNotes reads what an earlier version has put into the queue. A line of it must not change.
func TestStoredNotes(t *testing.T) {
	const stored = `{"name":"issue_comment","action":"created","repo":{"Owner":"acme","Name":"agent"},"repo_id":1,"default_branch":"main","pull":{"number":7,"fork":true,"state":"open","author":"eve","labels":["models"]},"comment":{"id":5000000001,"body":"/pertask run","author":"ada","association":"MEMBER"},"sender":"ada","installation":55}`
	var e event.Event
	if err := json.Unmarshal([]byte(stored), &e); err != nil {
		t.Fatal(err)
	}
	want := event.Event{Name: "issue_comment", Action: "created", Repo: acme, RepoID: 1, DefaultBranch: "main", Sender: "ada", Installation: 55,
		Pull:    event.Pull{Number: 7, Fork: true, State: "open", Author: "eve", Labels: []string{"models"}},
		Comment: event.Comment{ID: 5000000001, Body: "/pertask run", Author: "ada", Association: "MEMBER"}}
	if diff := cmp.Diff(e, want); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
	if raw, err := json.Marshal(e); err != nil || string(raw) != stored {
		t.Errorf("got %s, %v, want %s", raw, err, stored)
	}
}
