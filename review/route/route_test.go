package route_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/review/route"
)

var (
	acme  = github.Repo{Owner: "acme", Name: "agent"}
	base  = strings.Repeat("a", 40)
	head  = strings.Repeat("b", 40)
	group = strings.Repeat("c", 40)
	later = strings.Repeat("d", 40)
	zeros = strings.Repeat("0", 40)
)

// envelope is what every payload has. The shapes are those of GitHub's description of its webhooks, with the fields that
// are read and some that are not.
const envelope = `"repository":{"id":1,"full_name":"acme/agent","private":false,"owner":{"login":"acme","type":"Organization"}},"sender":{"login":%q,"id":7,"type":"User"},`

// pullEvent is a payload of a pull_request event; more is put in as it is.
func pullEvent(action, sender, pull, more string) string {
	return fmt.Sprintf(`{"action":%q,"number":104,`+envelope+more+`"pull_request":%s}`, action, sender, pull)
}

// pullText is the pull request of a payload.
func pullText(author, fork, state string, draft bool) string {
	return fmt.Sprintf(`{"id":99,"number":104,"state":%q,"title":"/pertask run","draft":%v,"merged":false,"merge_commit_sha":%q,
		"user":{"login":%q,"type":"User"},"labels":[{"id":5,"name":"models"}],
		"base":{"label":"acme:main","ref":"main","sha":%q,"repo":{"id":1,"full_name":"acme/agent"}},
		"head":{"label":"acme:change","ref":"change","sha":%q,"repo":%s}}`, state, draft, later, author, base, head, fork)
}

const (
	same = `{"id":1,"full_name":"acme/agent"}`
	fork = `{"id":2,"full_name":"eve/agent"}`
)

func commentEvent(action, body, issue, user string) string {
	text, _ := json.Marshal(body)
	return fmt.Sprintf(`{"action":%q,`+envelope+`"issue":{"number":104,"state":"open","user":{"login":"eve","type":"User"},"labels":[]%s},
		"comment":{"id":5000000001,"node_id":"IC_x","body":%s,"user":%s,"author_association":"CONTRIBUTOR","performed_via_github_app":null}}`,
		action, "ada", issue, text, user)
}

const (
	onPull = `,"pull_request":{"url":"https://api.github.com/repos/acme/agent/pulls/104","merged_at":null}`
	ada    = `{"login":"ada","id":7,"type":"User"}`
)

// server answers what Resolve asks.
type server struct {
	pull   github.Pull
	writes map[string]bool
	broken error
	of     []int // pull requests of any commit
	asked  []string
}

func (s *server) PullsOf(_ context.Context, repo github.Repo, sha string) ([]int, error) {
	s.asked = append(s.asked, fmt.Sprintf("pulls of %s in %s", sha[:4], repo))
	return s.of, s.broken
}

func (s *server) Pull(_ context.Context, repo github.Repo, n int) (github.Pull, error) {
	s.asked = append(s.asked, fmt.Sprintf("pull %s#%d", repo, n))
	return s.pull, s.broken
}

func (s *server) CanWrite(_ context.Context, repo github.Repo, login string) (bool, error) {
	s.asked = append(s.asked, fmt.Sprintf("permission of %s on %s", login, repo))
	return s.writes[login], s.broken
}

// newServer knows the pull request as it is now: its head has moved since.
func newServer() *server {
	return &server{writes: map[string]bool{"ada": true}, pull: github.Pull{Number: 104, BaseSHA: base, HeadSHA: later, Fork: true, Draft: true,
		State: "open", Author: "eve", Labels: []string{"models"}, Conflicts: true}}
}

func parse(t *testing.T, name, payload string) event.Event {
	t.Helper()
	e, err := event.Parse(name, []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// pushed is the trigger of a pull_request event.
func pushed(change func(*review.Trigger)) review.Trigger {
	t := review.Trigger{Kind: review.PullRequest, Repo: acme, Pull: 104, BaseSHA: base, HeadSHA: head, Author: "eve", Labels: []string{"models"}}
	if change != nil {
		change(&t)
	}
	return t
}

// commanded is the trigger of a comment once it is resolved.
func commanded(c *command.Command) review.Trigger {
	return review.Trigger{Kind: review.Command, Repo: acme, Pull: 104, BaseSHA: base, HeadSHA: later, Fork: true, Draft: true, Author: "ada",
		Labels: []string{"models"}, Conflicts: true, Command: c, By: "ada", CommentID: 5000000001}
}

func triggers() cmp.Options { return cmp.Options{cmpopts.EquateEmpty()} }

// TestTable goes through the whole table, from the payload to what is to be done.
func TestTable(t *testing.T) {
	open := pullText("eve", same, "open", false)
	labeled := func(label, sender, head string, draft bool) string {
		return pullEvent("labeled", sender, pullText("eve", head, "open", draft), fmt.Sprintf(`"label":{"id":9,"name":%q,"color":"ededed"},`, label))
	}
	run := &command.Command{Verb: command.Run}
	for _, tt := range []struct {
		name, event, payload string
		do                   route.Do
		why                  route.Why
		trigger              *review.Trigger // nil where it does not matter
		asked                []string
	}{
		{name: "opened", event: "pull_request", payload: pullEvent("opened", "eve", open, ""), do: route.Review, trigger: new(pushed(nil))},
		{name: "pushed to", event: "pull_request", payload: pullEvent("synchronize", "eve", open, `"before":"`+later+`","after":"`+head+`",`), do: route.Review, trigger: new(pushed(nil))},
		{name: "reopened", event: "pull_request", payload: pullEvent("reopened", "eve", open, ""), do: route.Review, trigger: new(pushed(nil))},
		{name: "ready for review", event: "pull_request", payload: pullEvent("ready_for_review", "eve", open, ""), do: route.Review, trigger: new(pushed(nil))},
		{name: "to be merged by itself", event: "pull_request", payload: pullEvent("auto_merge_enabled", "eve", open, ""), do: route.Review, trigger: new(pushed(nil))},
		{name: "another base", event: "pull_request", payload: pullEvent("edited", "eve", open, `"changes":{"base":{"ref":{"from":"old"},"sha":{"from":"`+zeros+`"}}},`), do: route.Review, trigger: new(pushed(nil))},
		{name: "another title", event: "pull_request", payload: pullEvent("edited", "eve", open, `"changes":{"title":{"from":"old"}},`), do: route.Stand, why: route.NoConcern, trigger: new(pushed(nil))},
		{name: "another text", event: "pull_request", payload: pullEvent("edited", "eve", open, `"changes":{"body":{"from":"base"},"base":null},`), do: route.Stand, why: route.NoConcern},
		{name: "closed", event: "pull_request", payload: pullEvent("closed", "eve", pullText("eve", same, "closed", false), ""), do: route.Ignore, why: route.Closed},
		{name: "edited when it was closed", event: "pull_request", payload: pullEvent("edited", "eve", pullText("eve", same, "closed", false), `"changes":{"base":{}},`), do: route.Ignore, why: route.Closed},
		{name: "made a draft", event: "pull_request", payload: pullEvent("converted_to_draft", "eve", pullText("eve", same, "open", true), ""), do: route.Stand, why: route.NoConcern},
		{name: "label taken away", event: "pull_request", payload: pullEvent("unlabeled", "eve", open, `"label":{"name":"pertask:run"},`), do: route.Stand, why: route.NoConcern},
		{name: "assigned", event: "pull_request", payload: pullEvent("assigned", "eve", open, `"assignee":null,`), do: route.Stand, why: route.NoConcern},
		{name: "an action of tomorrow", event: "pull_request", payload: pullEvent("teleported", "eve", open, ""), do: route.Stand, why: route.NoConcern},
		{name: "a draft", event: "pull_request", payload: pullEvent("opened", "eve", pullText("eve", same, "open", true), ""), do: route.Review,
			trigger: new(pushed(func(t *review.Trigger) { t.Draft = true }))},
		{name: "a fork", event: "pull_request", payload: pullEvent("opened", "eve", pullText("eve", fork, "open", false), ""), do: route.Review,
			trigger: new(pushed(func(t *review.Trigger) { t.Fork = true }))},
		{name: "a fork that is gone", event: "pull_request", payload: pullEvent("synchronize", "eve", pullText("eve", "null", "open", false), ""), do: route.Review,
			trigger: new(pushed(func(t *review.Trigger) { t.Fork = true }))},
		{name: "Dependabot", event: "pull_request", payload: pullEvent("opened", "dependabot[bot]", pullText("dependabot[bot]", same, "open", false), ""), do: route.Review,
			trigger: new(pushed(func(t *review.Trigger) { t.Author = "dependabot[bot]" }))},
		{name: "a person on Dependabot's", event: "pull_request", payload: pullEvent("reopened", "ada", pullText("dependabot[bot]", same, "open", false), ""), do: route.Review,
			trigger: new(pushed(func(t *review.Trigger) { t.Author = "ada" }))},

		{name: "the label", event: "pull_request", payload: labeled("pertask:run", "ada", same, false), do: route.Review, asked: []string{"permission of ada on acme/agent"},
			trigger: new(pushed(func(t *review.Trigger) { t.Kind, t.Author, t.By, t.Command = review.Command, "ada", "ada", run }))},
		{name: "the label in other letters", event: "pull_request", payload: labeled("Pertask:Run", "ada", same, false), do: route.Review, asked: []string{"permission of ada on acme/agent"}},
		{name: "the label on a draft", event: "pull_request", payload: labeled("pertask:run", "ada", same, true), do: route.Review, asked: []string{"permission of ada on acme/agent"},
			trigger: new(pushed(func(t *review.Trigger) {
				t.Kind, t.Author, t.By, t.Command, t.Draft = review.Command, "ada", "ada", run, true
			}))},
		{name: "the label by somebody who may not", event: "pull_request", payload: labeled("pertask:run", "eve", same, false), do: route.Refuse, why: route.NoWrite, asked: []string{"permission of eve on acme/agent"}},
		{name: "the label by a program", event: "pull_request", payload: labeled("pertask:run", "labeler[bot]", same, false), do: route.Stand, why: route.NoPerson,
			trigger: new(pushed(func(t *review.Trigger) { t.Author = "labeler[bot]" }))},
		{name: "the label on a fork", event: "pull_request", payload: labeled("pertask:run", "ada", fork, false), do: route.Review, why: route.NoSecrets,
			trigger: new(pushed(func(t *review.Trigger) { t.Author, t.Fork = "ada", true }))},
		{name: "another label", event: "pull_request", payload: labeled("pertask", "ada", same, false), do: route.Stand, why: route.OtherLabel,
			trigger: new(pushed(func(t *review.Trigger) { t.Author = "ada" }))},
		{name: "a label without a name", event: "pull_request", payload: labeled("", "ada", same, false), do: route.Stand, why: route.OtherLabel},
		{name: "no label at all", event: "pull_request", payload: pullEvent("labeled", "ada", open, ""), do: route.Stand, why: route.OtherLabel},

		{name: "a queue", event: "merge_group", payload: fmt.Sprintf(`{"action":"checks_requested",`+envelope+`"merge_group":{"head_sha":%q,"head_ref":"refs/heads/gh-readonly-queue/main/pr-104-%s","base_sha":%q,"base_ref":"refs/heads/main","head_commit":{"id":"x"}}}`, "github-merge-queue[bot]", group, base, base),
			do: route.Review, trigger: &review.Trigger{Kind: review.MergeGroup, Repo: acme, Pull: 104, BaseSHA: base, HeadSHA: group, Author: "github-merge-queue[bot]",
				Group: &review.Group{HeadSHA: group, BaseSHA: base}}},
		{name: "a queue without a number", event: "merge_group", payload: fmt.Sprintf(`{"action":"checks_requested",`+envelope+`"merge_group":{"head_sha":%q,"head_ref":"refs/heads/queue","base_sha":%q,"base_ref":"refs/heads/main"}}`, "ada", group, base),
			do: route.Review, trigger: &review.Trigger{Kind: review.MergeGroup, Repo: acme, BaseSHA: base, HeadSHA: group, Author: "ada", Group: &review.Group{HeadSHA: group, BaseSHA: base}}},
		{name: "a queue that is gone", event: "merge_group", payload: fmt.Sprintf(`{"action":"destroyed","reason":"dequeued",`+envelope+`"merge_group":{"head_sha":%q,"head_ref":"refs/heads/queue","base_sha":%q,"base_ref":"refs/heads/main"}}`, "ada", group, base),
			do: route.Ignore, why: route.NoSuchGroup},

		{name: "a command", event: "issue_comment", payload: commentEvent("created", "/pertask run --trials 8\r\n\r\nPlease.", onPull, ada), do: route.Review,
			trigger: new(commanded(&command.Command{Verb: command.Run, Trials: 8})), asked: both("ada")},
		{name: "an acceptance", event: "issue_comment", payload: commentEvent("created", "/pertask accept it is due", onPull, ada), do: route.Review,
			trigger: new(commanded(&command.Command{Verb: command.Accept, Reason: "it is due"})), asked: both("ada")},
		{name: "a command with a mistake", event: "issue_comment", payload: commentEvent("created", "/pertask runn", onPull, ada), do: route.Refuse, why: route.Unreadable,
			trigger: new(commanded(nil)), asked: both("ada")},
		{name: "a command by somebody who may not", event: "issue_comment", payload: commentEvent("created", "/pertask accept <b>buy</b>", onPull, `{"login":"eve","type":"User"}`), do: route.Refuse, why: route.NoWrite,
			trigger: new(func() review.Trigger {
				t := commanded(&command.Command{Verb: command.Accept})
				t.Author, t.By = "eve", "eve"
				return t
			}()), asked: both("eve")},
		{name: "a mistake by somebody who may not", event: "issue_comment", payload: commentEvent("created", "/pertask <b>buy</b>", onPull, `{"login":"eve","type":"User"}`), do: route.Refuse, why: route.NoWrite, asked: both("eve")},
		{name: "a comment", event: "issue_comment", payload: commentEvent("created", "Please say\n/pertask run", onPull, ada), do: route.Ignore, why: route.NoCommand},
		{name: "a quotation", event: "issue_comment", payload: commentEvent("created", "> /pertask run", onPull, ada), do: route.Ignore, why: route.NoCommand},
		{name: "an edited comment", event: "issue_comment", payload: commentEvent("edited", "/pertask run", onPull, ada), do: route.Ignore, why: route.NoConcern},
		{name: "a deleted comment", event: "issue_comment", payload: commentEvent("deleted", "/pertask run", onPull, ada), do: route.Ignore, why: route.NoConcern},
		{name: "a comment on an issue", event: "issue_comment", payload: commentEvent("created", "/pertask run", "", ada), do: route.Ignore, why: route.NotAPull},
		{name: "a comment by an App", event: "issue_comment", payload: commentEvent("created", "/pertask run", onPull, `{"login":"github-actions[bot]","type":"Bot"}`), do: route.Ignore, why: route.NoPerson},
		{name: "a comment by a program with a plain name", event: "issue_comment", payload: commentEvent("created", "/pertask run", onPull, `{"login":"ada","type":"Bot"}`), do: route.Ignore, why: route.NoPerson},
		{name: "a comment by nobody", event: "issue_comment", payload: commentEvent("created", "/pertask run", onPull, "null"), do: route.Ignore, why: route.NoPerson},

		{name: "by hand", event: "workflow_dispatch", payload: fmt.Sprintf(`{`+envelope+`"ref":"refs/heads/main","workflow":".github/workflows/pertask.yml","inputs":{"pull":"104"}}`, "ada"), do: route.Review,
			trigger: new(byHand()), asked: []string{"pull acme/agent#104"}},
		{name: "by hand with a number", event: "workflow_dispatch", payload: fmt.Sprintf(`{`+envelope+`"ref":"refs/heads/main","inputs":{"pull":104}}`, "ada"), do: route.Review,
			trigger: new(byHand()), asked: []string{"pull acme/agent#104"}},
		{name: "by hand with a sharp", event: "workflow_dispatch", payload: fmt.Sprintf(`{`+envelope+`"ref":"refs/heads/main","inputs":{"pull":" #104 "}}`, "ada"), do: route.Review,
			trigger: new(byHand()), asked: []string{"pull acme/agent#104"}},
		{name: "a push", event: "push", payload: fmt.Sprintf(`{`+envelope+`"ref":"refs/heads/main","before":%q,"after":%q}`, "ada", base, head), do: route.Fill,
			trigger: &review.Trigger{Repo: acme, HeadSHA: head, Author: "ada"}},
		{name: "a push that deletes", event: "push", payload: fmt.Sprintf(`{`+envelope+`"ref":"refs/heads/old","before":%q,"after":%q}`, "ada", base, zeros), do: route.Ignore, why: route.Deleted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := route.Route(parse(t, tt.event, tt.payload))
			if err != nil {
				t.Fatal(err)
			}
			if len(tt.asked) > 0 && a.Resolved() {
				t.Error("it is resolved before anything was asked")
			}
			s := newServer()
			if a, err = route.Resolve(t.Context(), s, a.Labelled("pertask:run")); err != nil {
				t.Fatal(err)
			}
			if a.Do != tt.do || a.Why != tt.why || !a.Resolved() {
				t.Errorf("got %v for %q, want %v for %q", a.Do, a.Why, tt.do, tt.why)
			}
			if (a.Say != "") != (tt.why != "") || strings.HasSuffix(a.Say, ".") {
				t.Errorf("it says %q", a.Say)
			}
			if tt.trigger != nil {
				if diff := cmp.Diff(a.Trigger, *tt.trigger, triggers()); diff != "" {
					t.Errorf("got-want:\n%s", diff)
				}
			}
			if diff := cmp.Diff(s.asked, tt.asked, triggers()); diff != "" {
				t.Errorf("what was asked, got-want:\n%s", diff)
			}
			if a.Why == route.NoWrite && strings.Contains(fmt.Sprint(a.Say, a.Trigger.Command), "buy") {
				t.Errorf("what a stranger wrote is repeated: %q, %+v", a.Say, a.Trigger.Command)
			}
		})
	}
}

// both is what a comment makes Resolve ask.
func both(login string) []string {
	return []string{"permission of " + login + " on acme/agent", "pull acme/agent#104"}
}

func byHand() review.Trigger {
	t := commanded(nil)
	t.Kind, t.By, t.CommentID = review.Dispatch, "", 0
	return t
}
