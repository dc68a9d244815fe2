package trial_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// An agent that asks on although its calls are refused for good is ended, long before its time is up.
func TestAgentIsEndedOnceItsCallsAreRefused(t *testing.T) {
	need.Program(t, "curl")
	for words, want := range map[string]struct {
		outcome trial.Outcome
		cause   string
	}{
		"budget: 1.01 USD of 1 are spent":                                {trial.Void, trial.CauseBudget},
		"cost cap: 0.6 USD of the 0.5 that one trial may cost are spent": {trial.Failed, trial.CauseCost},
	} {
		t.Run(words, func(t *testing.T) {
			task := command("x", `while true; do
				curl -sS -H "Authorization: Bearer $OPENAI_API_KEY" -d '{"model":"m","messages":[]}' "$OPENAI_BASE_URL/chat/completions"; sleep 0.2
			done`, "true")
			l := newLab(t, nil, task)
			var asked atomic.Int32
			realProxy(t, l, func(context.Context, usage.Call) error {
				if asked.Add(1) == 1 {
					return nil
				}
				return meter.Final(errors.New(words))
			}, 200, metered)
			got := l.one(t, "x")
			wantOutcome(t, got, want.outcome, want.cause)
			if want := "agent: ended by us, since its calls were refused"; got.Trial.Detail != want {
				t.Errorf("detail %q, want %q", got.Trial.Detail, want)
			}
			if len(got.Calls) < 2 || got.Calls[0].Coverage != usage.Complete || got.Calls[1].Problem != "not forwarded: "+words {
				t.Errorf("the calls are %+v", got.Calls)
			}
		})
	}
}

// An agent that takes a refusal for an answer ends by itself.
func TestAgentThatEndsAfterARefusal(t *testing.T) {
	l := newLab(t, nil, command("x", "exit 3", "true"))
	l.proxy.refused = make(chan struct{})
	close(l.proxy.refused)
	l.proxy.calls = func(string) []usage.Call {
		c := call("1", "base/x/0", usage.Ended)
		c.Status, c.Problem = 0, "not forwarded: budget: 1 USD of 1 are spent"
		return []usage.Call{c}
	}
	got := l.one(t, "x")
	wantOutcome(t, got, trial.Void, trial.CauseBudget)
	if got.Trial.Detail != "agent: exit status 3" {
		t.Errorf("detail %q, want the agent's own end", got.Trial.Detail)
	}
}

// Once there is no money left, what is left of the plan is recorded as not run, with the reason.
func TestSlotsWithoutMoney(t *testing.T) {
	out, read := witness(t)
	agent := command("a", "echo ran >> "+out, "true")
	asks := suite.Task{ID: "p", Harness: "asks", Grade: suite.Grader{Kind: suite.GradeContains, Value: "x"}}
	l := newLab(t, nil, agent, asks)
	var asked atomic.Int32
	l.Harnesses = map[string]trial.Harness{"command": trial.Command(), "asks": {Name: "asks", Ask: func(context.Context, trial.Job) ([]byte, error) {
		asked.Add(1)
		return []byte("x"), nil
	}}}
	n := 0 // Concurrency is 1
	l.Spent = func() error {
		if n++; n > 4 {
			return fmt.Errorf("budget: %d USD of 4 are spent", n)
		}
		return nil
	}
	plan := trial.Plan(1, 0, []string{"a", "p"}, 0, 3)
	if err := l.runner(t).Run(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	if len(l.told) != len(plan) {
		t.Fatalf("told of %d slots, want %d", len(l.told), len(plan))
	}
	for i, r := range l.told {
		if i < 4 {
			wantOutcome(t, r, trial.Completed, "")
			continue
		}
		wantOutcome(t, r, trial.Void, trial.CauseBudget)
		if want := fmt.Sprintf("not run: budget: %d USD of 4 are spent", i+1); r.Trial.Detail != want || r.Trial.Seconds != nil || len(r.Calls) != 0 {
			t.Errorf("detail %q, want %q, and no time and no calls", r.Trial.Detail, want)
		}
	}
	if ran := strings.Count(read(), "ran") + int(asked.Load()); ran != 4 || l.proxy.n != 4 {
		t.Errorf("%d trials ran with %d sessions, want 4", ran, l.proxy.n)
	}
	if ev := load(t, l.journal); len(ev.Results) != len(plan) {
		t.Errorf("the journal holds %d trials, want every slot", len(ev.Results))
	}
	l.nothingLeft(t)
}
