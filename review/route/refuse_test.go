package route_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/route"
)

func TestRefusesWorkflows(t *testing.T) {
	pull := pullEvent("opened", "eve", pullText("eve", fork, "open", false), "")
	for _, tt := range []struct{ name, event, payload, want string }{
		{"target", "pull_request_target", pull, "does not run on pull_request_target"},
		{"a button in a workflow", "check_run", fmt.Sprintf(`{"action":"rerequested",`+envelope+`"check_run":{"id":1,"head_sha":%q}}`, "ada", head), "allowed are issue_comment, merge_group"},
		{"by hand without a number", "workflow_dispatch", fmt.Sprintf(`{`+envelope+`"ref":"refs/heads/main","inputs":null}`, "ada"), "the input `pull` of workflow_dispatch is \"\""},
		{"by hand with a word", "workflow_dispatch", fmt.Sprintf(`{`+envelope+`"ref":"refs/heads/main","inputs":{"pull":"all"}}`, "ada"), `is "all"; the number of a pull request`},
		{"by hand with 0", "workflow_dispatch", fmt.Sprintf(`{`+envelope+`"ref":"refs/heads/main","inputs":{"pull":"0"}}`, "ada"), `is "0"`},
		{"by hand with too much", "workflow_dispatch", fmt.Sprintf(`{`+envelope+`"ref":"refs/heads/main","inputs":{"pull":"99999999999"}}`, "ada"), `is "99999999999"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := route.Route(parse(t, tt.event, tt.payload))
			if !errors.Is(err, route.ErrSetUp) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if a.Do != route.Ignore {
				t.Errorf("got %v beside the error", a.Do)
			}
		})
	}
}

func TestRefusedIsKnownBeforeThePayload(t *testing.T) {
	for _, name := range []string{"pull_request_target", "workflow_run"} {
		err := route.Refused(name)
		if !errors.Is(err, route.ErrSetUp) || !strings.Contains(err.Error(), "/pertask run") || !strings.Contains(err.Error(), "docs/security.md") {
			t.Errorf("%s: got %v, want the reason and both safe ways", name, err)
		}
	}
	for _, name := range []string{"pull_request", "push", "", "schedule"} {
		if err := route.Refused(name); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestResolveOfWhatIsClosed(t *testing.T) {
	comment := commentEvent("created", "/pertask run", onPull, ada)
	stranger := commentEvent("created", "/pertask run", onPull, `{"login":"eve","type":"User"}`)
	hand := fmt.Sprintf(`{`+envelope+`"ref":"refs/heads/main","inputs":{"pull":"104"}}`, "ada")
	for _, tt := range []struct {
		name, event, payload string
		do                   route.Do
		why                  route.Why
	}{
		{"a command", "issue_comment", comment, route.Refuse, route.Closed},
		{"a command by somebody who may not", "issue_comment", stranger, route.Refuse, route.NoWrite},
		{"by hand", "workflow_dispatch", hand, route.Ignore, route.Closed},
	} {
		for _, merged := range []bool{false, true} {
			a, err := route.Route(parse(t, tt.event, tt.payload))
			if err != nil {
				t.Fatal(err)
			}
			s := newServer()
			s.pull.State, s.pull.Merged = "closed", merged
			if a, err = route.Resolve(t.Context(), s, a); err != nil || a.Do != tt.do || a.Why != tt.why {
				t.Errorf("%s: got %v for %q, %v, want %v for %q", tt.name, a.Do, a.Why, err, tt.do, tt.why)
			}
		}
	}
}

func TestResolveFailsClosed(t *testing.T) {
	broken := errors.New("rate limited")
	for name, payload := range map[string][2]string{
		"a command": {"issue_comment", commentEvent("created", "/pertask run", onPull, ada)},
		"by hand":   {"workflow_dispatch", fmt.Sprintf(`{`+envelope+`"ref":"refs/heads/main","inputs":{"pull":"104"}}`, "ada")},
		"the label": {"pull_request", pullEvent("labeled", "ada", pullText("eve", same, "open", false), `"label":{"name":"pertask:run"},`)},
	} {
		a, err := route.Route(parse(t, payload[0], payload[1]))
		if err != nil {
			t.Fatal(err)
		}
		s := newServer()
		s.broken = broken
		got, err := route.Resolve(t.Context(), s, a.Labelled("pertask:run"))
		if !errors.Is(err, broken) || got.Do != route.Ignore || got.Trigger.Command != nil {
			t.Errorf("%s: got %+v, %v, want nothing to be done", name, got, err)
		}
	}
}

func TestLabelsAreSettledFirst(t *testing.T) {
	payload := pullEvent("labeled", "ada", pullText("eve", same, "open", false), `"label":{"name":"pertask:run"},`)
	a, err := route.Route(parse(t, "pull_request", payload))
	if err != nil || a.Label != "pertask:run" || a.Resolved() || a.Trigger.Kind != review.PullRequest {
		t.Fatalf("got %+v, %v, want a label that is open", a, err)
	}
	s := newServer()
	if got, err := route.Resolve(t.Context(), s, a); err == nil || got.Do != route.Ignore || len(s.asked) > 0 {
		t.Errorf("got %+v, %v, want an error and no request", got, err)
	}
	if got := a.Labelled(""); got.Do != route.Stand || got.Trigger.Command != nil {
		t.Errorf("no label asks for anything, and got %+v", got)
	}
	if got := a.Labelled("other").Labelled("pertask:run"); got.Do != route.Stand || got.Why != route.OtherLabel {
		t.Errorf("an Ask that is settled was settled again: %+v", got)
	}
}

func TestNames(t *testing.T) {
	want := map[route.Do]string{route.Ignore: "ignore", route.Stand: "stand", route.Review: "review", route.Refuse: "refuse", route.Fill: "fill", route.Enroll: "enroll", -1: "ignore", 99: "ignore"}
	for d, name := range want {
		if d.String() != name {
			t.Errorf("got %q, want %q", d, name)
		}
	}
	if a := (route.Ask{}); a.Do != route.Ignore || !a.Resolved() {
		t.Error("the zero value does something")
	}
}

// FuzzRoute shows that no payload makes a command, or a review that spends, out of what is none.
func FuzzRoute(f *testing.F) {
	f.Add("pull_request", []byte(pullEvent("labeled", "ada", pullText("eve", same, "open", false), `"label":{"name":"pertask:run"},`)))
	f.Add("issue_comment", []byte(commentEvent("created", "/pertask accept x", onPull, ada)))
	f.Add("workflow_dispatch", []byte(fmt.Sprintf(`{`+envelope+`"ref":"refs/heads/main","inputs":{"pull":"104"}}`, "ada")))
	f.Add("push", []byte(`{"repository":{"full_name":"a/b"},"ref":"x"}`))
	f.Add("check_run", []byte(checkEvent("requested_action", "ada", route.ButtonRun, "[]")))
	f.Fuzz(func(t *testing.T, name string, payload []byte) {
		e, err := event.Parse(name, payload)
		if err != nil {
			return
		}
		a, err := route.Route(e)
		if err != nil {
			if !errors.Is(err, route.ErrSetUp) || a.Do != route.Ignore {
				t.Errorf("got %v, %v", a.Do, err)
			}
			return
		}
		s := &server{}
		b, err := route.Resolve(t.Context(), s, a.Labelled("pertask:run").Ours(77, "pertask"))
		if err != nil {
			t.Fatal(err)
		}
		if b.Do == route.Review && b.Trigger.Command != nil {
			t.Errorf("%s: nobody may write, and %+v is carried out", payload, b.Trigger)
		}
		if b.Do == route.Review && b.Trigger.HeadSHA == "" && b.Trigger.Kind != review.Dispatch {
			t.Errorf("%s: a review of nothing", payload)
		}
	})
}
