package trigger_test

import (
	"testing"

	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/review/trigger"
)

// TestHeld walks what may never spend: a person's word lets through what the event alone does not.
func TestHeld(t *testing.T) {
	run := &command.Command{Verb: command.Run}
	for _, tt := range []struct {
		name string
		t    trigger.Trigger
		want string
	}{
		{"a push", trigger.Trigger{Kind: trigger.PullRequest}, ""},
		{"a fork", trigger.Trigger{Kind: trigger.PullRequest, Fork: true}, "fork"},
		{"a fork's draft", trigger.Trigger{Kind: trigger.PullRequest, Fork: true, Draft: true}, "fork"},
		{"a fork by command", trigger.Trigger{Kind: trigger.Command, Fork: true, Command: run}, ""},
		{"Dependabot", trigger.Trigger{Kind: trigger.PullRequest, Author: "dependabot[bot]"}, "dependabot"},
		{"Dependabot by command", trigger.Trigger{Kind: trigger.Command, Author: "dependabot[bot]", Command: run}, ""},
		{"a draft", trigger.Trigger{Kind: trigger.PullRequest, Draft: true}, "draft"},
		{"a draft by command", trigger.Trigger{Kind: trigger.Command, Draft: true, Command: run}, ""},
		{"a draft by hand", trigger.Trigger{Kind: trigger.Dispatch, Draft: true}, ""},
		{"a merge group", trigger.Trigger{Kind: trigger.MergeGroup}, "merge-queue"},
		{"a job of the App", trigger.Trigger{Kind: trigger.Job, Fork: true}, ""},
		{"a fork at the App", trigger.Trigger{Kind: trigger.PullRequest, Fork: true, Served: true}, "fork"},
		{"Dependabot at the App", trigger.Trigger{Kind: trigger.PullRequest, Author: "dependabot[bot]", Served: true}, ""},
	} {
		why, next, held := tt.t.Held()
		if why.Code != tt.want || held != (tt.want != "") {
			t.Errorf("%s: %q, %v; want %q", tt.name, why.Code, held, tt.want)
		}
		if held && (why.Text == "" || len(next) == 0) {
			t.Errorf("%s: it is not said why, or what to do", tt.name)
		}
		if bare := !tt.t.Served && (tt.want == "fork" || tt.want == "dependabot"); tt.t.Bare() != bare {
			t.Errorf("%s: bare is %v", tt.name, tt.t.Bare())
		}
	}
}

func TestAsks(t *testing.T) {
	if (trigger.Trigger{}).Asks(command.Run) || (trigger.Trigger{}).Asks("") {
		t.Error("nobody asks for something")
	}
	tr := trigger.Trigger{Command: &command.Command{Verb: command.More}}
	if !tr.Asks(command.More) || tr.Asks(command.Run) {
		t.Error("it is not what was asked for")
	}
}
