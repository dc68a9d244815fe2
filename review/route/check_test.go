package route_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/review/route"
)

const (
	webhook = `"installation":{"id":55,"node_id":"x"},`
	on104   = `[{"id":9,"number":104,"head":{"ref":"change","sha":"x","repo":{"id":1}},"base":{"ref":"main","sha":"y","repo":{"id":1}}}]`
)

// checkEvent is the payload of a check_run event, or of one of its suite without an identifier.
func checkEvent(action, sender, identifier, pulls string) string {
	return fmt.Sprintf(`{"action":%q,`+envelope+webhook+`"requested_action":{"identifier":%q},
		"check_run":{"id":9,"name":"pertask","head_sha":%q,"external_id":"k","app":{"id":77,"slug":"pertask"},"pull_requests":%s}}`, action, sender, identifier, later, pulls)
}

func suiteEvent(action, pulls string) string {
	return fmt.Sprintf(`{"action":%q,`+envelope+webhook+`"check_suite":{"id":8,"head_branch":"change","head_sha":%q,"app":{"id":77},"pull_requests":%s}}`, action, "ada", later, pulls)
}

// rerun is the trigger of a check run that is to be made again, once it is resolved.
func rerun() review.Trigger {
	t := commanded(nil)
	t.Kind, t.By, t.CommentID = review.Job, "", 0
	return t
}

// pressed is the trigger of a button once it is resolved.
func pressed(c command.Command) review.Trigger {
	t := commanded(&c)
	t.CommentID = 0
	return t
}

func TestCheckRuns(t *testing.T) {
	find := []string{"pulls of dddd in acme/agent", "pull acme/agent#104"}
	bot := strings.Replace(checkEvent("requested_action", "ada", "pertask-run", on104), `"type":"User"},"installation"`, `"type":"Bot"},"installation"`, 1)
	for _, tt := range []struct {
		name, event, payload string
		change               func(*server)
		do                   route.Do
		why                  route.Why
		trigger              *review.Trigger
		asked                []string
	}{
		{name: "again", event: "check_run", payload: checkEvent("rerequested", "ada", "", on104), do: route.Review, trigger: new(rerun()), asked: find[1:]},
		{name: "again, on a fork", event: "check_run", payload: checkEvent("rerequested", "ada", "", "[]"), do: route.Review, trigger: new(rerun()), asked: find},
		{name: "again, on a commit of nobody", event: "check_run", payload: checkEvent("rerequested", "ada", "", "[]"), change: func(s *server) { s.of = nil }, do: route.Ignore, why: route.NoPull, asked: find[:1]},
		{name: "again, on a commit that was a head", event: "check_run", payload: checkEvent("rerequested", "ada", "", on104), change: func(s *server) { s.pull.HeadSHA = head }, do: route.Ignore, why: route.Moved, asked: find[1:]},
		{name: "again, on a fork's commit that was a head", event: "check_run", payload: checkEvent("rerequested", "ada", "", "[]"), change: func(s *server) { s.pull.HeadSHA = head }, do: route.Ignore, why: route.NoPull, asked: find},
		{name: "again, closed", event: "check_run", payload: checkEvent("rerequested", "ada", "", on104), change: func(s *server) { s.pull.State = "closed" }, do: route.Ignore, why: route.Closed, asked: find[1:]},
		{name: "made", event: "check_run", payload: checkEvent("created", "ada", "", on104), do: route.Ignore, why: route.NoConcern},
		{name: "completed", event: "check_run", payload: checkEvent("completed", "ada", "pertask-run", on104), do: route.Ignore, why: route.NoConcern},

		{name: "run", event: "check_run", payload: checkEvent("requested_action", "ada", "pertask-run", on104), do: route.Review, trigger: new(pressed(command.Command{Verb: command.Run})), asked: both("ada")},
		{name: "more", event: "check_run", payload: checkEvent("requested_action", "ada", "pertask-more", on104), do: route.Review, trigger: new(pressed(command.Command{Verb: command.More})), asked: both("ada")},
		{name: "accept", event: "check_run", payload: checkEvent("requested_action", "ada", "pertask-accept", on104), do: route.Review,
			trigger: new(pressed(command.Command{Verb: command.Accept, Reason: "accepted by the button on the check run"})), asked: both("ada")},
		{name: "run on a fork", event: "check_run", payload: checkEvent("requested_action", "ada", "pertask-run", "[]"), do: route.Review, trigger: new(pressed(command.Command{Verb: command.Run})),
			asked: append([]string{"permission of ada on acme/agent"}, find...)},
		{name: "a button of a stranger", event: "check_run", payload: checkEvent("requested_action", "eve", "pertask-accept", on104), do: route.Refuse, why: route.NoWrite, asked: both("eve")},
		{name: "a button of a stranger on what is closed", event: "check_run", payload: checkEvent("requested_action", "eve", "pertask-accept", on104), change: func(s *server) { s.pull.Merged = true }, do: route.Refuse, why: route.NoWrite, asked: both("eve")},
		{name: "a button of a program", event: "check_run", payload: checkEvent("requested_action", "helper[bot]", "pertask-run", on104), do: route.Ignore, why: route.NoPerson},
		{name: "a button of a program with a plain name", event: "check_run", payload: bot, do: route.Ignore, why: route.NoPerson},
		{name: "a button of nobody", event: "check_run", payload: checkEvent("requested_action", "", "pertask-run", on104), do: route.Ignore, why: route.NoPerson},
		{name: "a button of others", event: "check_run", payload: checkEvent("requested_action", "ada", "pertask-merge", on104), do: route.Ignore, why: route.NoConcern},
		{name: "a button without a name", event: "check_run", payload: checkEvent("requested_action", "ada", "", on104), do: route.Ignore, why: route.NoConcern},
		{name: "accept what is not there any more", event: "check_run", payload: checkEvent("requested_action", "ada", "pertask-accept", on104), change: func(s *server) { s.pull.HeadSHA = head }, do: route.Refuse, why: route.Moved, asked: both("ada")},
		{name: "run what is closed", event: "check_run", payload: checkEvent("requested_action", "ada", "pertask-run", on104), change: func(s *server) { s.pull.State = "closed" }, do: route.Refuse, why: route.Closed, asked: both("ada")},

		{name: "all again", event: "check_suite", payload: suiteEvent("rerequested", on104), do: route.Review, trigger: new(rerun()), asked: find[1:]},
		{name: "all again, on a fork", event: "check_suite", payload: suiteEvent("rerequested", "[]"), do: route.Review, trigger: new(rerun()), asked: find},
		{name: "a suite that is asked for at a push", event: "check_suite", payload: suiteEvent("requested", on104), do: route.Ignore, why: route.NoConcern},
		{name: "a suite that is completed", event: "check_suite", payload: suiteEvent("completed", on104), do: route.Ignore, why: route.NoConcern},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := route.Route(parse(t, tt.event, tt.payload))
			if err != nil {
				t.Fatal(err)
			}
			if (a.Check != nil) != (len(tt.asked) > 0) || a.Resolved() != (len(tt.asked) == 0) {
				t.Errorf("check %+v, resolved %v", a.Check, a.Resolved())
			}
			s := newServer()
			s.of = []int{104}
			if tt.change != nil {
				tt.change(s)
			}
			if a, err = route.Resolve(t.Context(), s, a.Ours(77, "pertask")); err != nil {
				t.Fatal(err)
			}
			if a.Do != tt.do || a.Why != tt.why || !a.Resolved() || (a.Say != "") != (tt.why != "") {
				t.Errorf("got %v for %q (%q), want %v for %q", a.Do, a.Why, a.Say, tt.do, tt.why)
			}
			if tt.trigger != nil {
				if diff := cmp.Diff(a.Trigger, *tt.trigger, triggers()); diff != "" {
					t.Errorf("got-want:\n%s", diff)
				}
			}
			if diff := cmp.Diff(s.asked, tt.asked, triggers()); diff != "" {
				t.Errorf("what was asked, got-want:\n%s", diff)
			}
		})
	}
}

func TestOurs(t *testing.T) {
	a, err := route.Route(parse(t, "check_run", checkEvent("rerequested", "ada", "", on104)))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		app  int64
		want route.Do
	}{{"pertask", 77, route.Review}, {"", 77, route.Review}, {"lint", 77, route.Ignore}, {"pertask", 78, route.Ignore}, {"pertask", 0, route.Ignore}} {
		if got := a.Ours(tt.app, tt.name); got.Do != tt.want || got.Check != nil || (got.Why == route.OtherCheck) != (tt.want == route.Ignore) {
			t.Errorf("App %d, %q: got %v for %q, want %v", tt.app, tt.name, got.Do, got.Why, tt.want)
		}
	}
	s := newServer()
	if got, err := route.Resolve(t.Context(), s, a); err == nil || got.Do != route.Ignore || len(s.asked) > 0 {
		t.Errorf("got %+v, %v, want an error and no request", got, err)
	}
	if got := a.Ours(78, "").Ours(77, ""); got.Do != route.Ignore {
		t.Errorf("an Ask that is settled was settled again: %+v", got)
	}
	s.broken = errors.New("rate limited")
	for _, n := range []int{0, 104} {
		a.Trigger.Pull = n
		if got, err := route.Resolve(t.Context(), s, a.Ours(77, "")); !errors.Is(err, s.broken) || got.Do != route.Ignore {
			t.Errorf("got %+v, %v, want nothing to be done", got, err)
		}
	}
}

// TestSeveralPullsOfACommit takes the one that is open, and asks about no more than a few.
func TestSeveralPullsOfACommit(t *testing.T) {
	a, err := route.Route(parse(t, "check_run", checkEvent("rerequested", "ada", "", "[]")))
	if err != nil {
		t.Fatal(err)
	}
	s := newServer()
	s.pull.State = "closed"
	s.of = []int{1, 2, 3, 4, 5, 6, 7}
	got, err := route.Resolve(t.Context(), s, a.Ours(77, ""))
	if err != nil || got.Do != route.Ignore || got.Why != route.NoPull || len(s.asked) != 6 {
		t.Errorf("got %+v, %v after %q", got, err, s.asked)
	}
}

func TestWebhooks(t *testing.T) {
	push := func(ref, branch string) event.Event {
		return event.Event{Name: "push", Repo: acme, RepoID: 1, Installation: 55, Ref: ref, DefaultBranch: branch, Before: base, After: head, Sender: "ada"}
	}
	for _, tt := range []struct {
		name string
		e    event.Event
		do   route.Do
		why  route.Why
	}{
		{"a push to the default branch", push("refs/heads/main", "main"), route.Fill, ""},
		{"a push to another branch", push("refs/heads/change", "main"), route.Ignore, route.OtherBranch},
		{"a push of a tag", push("refs/tags/main", "main"), route.Ignore, route.OtherBranch},
		{"a push where no branch is the default", push("refs/heads/", ""), route.Ignore, route.OtherBranch},
		{"an installation", event.Event{Name: "installation", Action: "created", Installation: 55, Added: []event.InstallationRepo{{ID: 1, Name: acme}}}, route.Enroll, ""},
		{"an installation that is gone", event.Event{Name: "installation", Action: "deleted", Installation: 55}, route.Enroll, ""},
		{"repositories", event.Event{Name: "installation_repositories", Action: "added", Installation: 55}, route.Enroll, ""},
		{"a workflow of others by hand", event.Event{Name: "workflow_dispatch", Installation: 55, Inputs: map[string]string{"pull": "104"}}, route.Ignore, route.NoConcern},
		{"what is no webhook", event.Event{Name: "pull_request_target", Installation: 55}, route.Ignore, route.NoConcern},
		{"what nobody knows", event.Event{Name: "star", Installation: 55}, route.Ignore, route.NoConcern},
		{"closed", event.Event{Name: "pull_request", Action: "closed", Installation: 55, Repo: acme}, route.Ignore, route.Closed},
	} {
		a, err := route.Route(tt.e)
		if err != nil || a.Do != tt.do || a.Why != tt.why || !a.Resolved() {
			t.Errorf("%s: got %v for %q, %v, want %v for %q", tt.name, a.Do, a.Why, err, tt.do, tt.why)
		}
	}
	for _, name := range []string{"check_run", "check_suite", "installation", "installation_repositories"} {
		if _, err := route.Route(event.Event{Name: name}); !errors.Is(err, route.ErrSetUp) {
			t.Errorf("%s in a workflow: got %v, want %v", name, err, route.ErrSetUp)
		}
	}
	var _ route.Client = (*github.Client)(nil)
}
