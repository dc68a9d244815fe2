package agentstest_test

import (
	"testing"

	"github.com/pertask/pertask/internal/fakeagent"
	"github.com/pertask/pertask/internal/scripted"
	"github.com/pertask/pertask/usage"
)

// upstreamOf says where our own agent finds each wire format.
var upstreamOf = map[fakeagent.API]string{fakeagent.Chat: "openai", fakeagent.Responses: "openai", fakeagent.Messages: "anthropic", fakeagent.Generate: "gemini"}

// useFake has every task done by our own agent.
func (l *lab) useFake(t *testing.T, o fakeagent.Options, tasks int) {
	t.Helper()
	line, err := o.Command()
	if err != nil {
		t.Fatal(err)
	}
	l.tasks("command", tasks)
	for i := range l.cfg.Suite.Tasks {
		l.cfg.Suite.Tasks[i].Command = line
	}
}

func TestFakeAgent(t *testing.T) {
	for _, api := range fakeagent.APIs() {
		for _, stream := range []bool{false, true} {
			t.Run(string(api)+map[bool]string{true: ", a stream"}[stream], func(t *testing.T) {
				l := newLab(t, scripted.Config{})
				l.useFake(t, fakeagent.Options{API: api, Stream: stream}, 6)
				l.twoArms(upstreamOf[api], []string{"model", "model-b", "effort", "low"}, []string{"model", "model-h", "effort", "high"})
				l.run(t)
				l.completed(t)
				l.account(t)
				l.attributed(t, 2)
				l.efforts(t, map[string]string{"model-b": "low", "model-h": "high"})
				l.told(t, false)
				if got := len(l.server.Ledger().Calls); got != 24 {
					t.Errorf("12 trials made %d calls, want 24", got)
				}
			})
		}
	}
}

// TestFakeAgentsAfterFailures has the provider refuse twice and break off once.
func TestFakeAgentsAfterFailures(t *testing.T) {
	for _, api := range fakeagent.APIs() {
		t.Run(string(api), func(t *testing.T) {
			l := newLab(t, scripted.Config{Failures: []scripted.Failure{{Status: 429}, {Status: 500}, {Cut: true}}})
			l.useFake(t, fakeagent.Options{API: api, Stream: true}, 1)
			l.cfg.Arms["base"] = settings("provider", upstreamOf[api], "model", "model-b")
			l.run(t)
			l.completed(t)
			calls := l.results[0].Calls
			if len(calls) != 5 {
				t.Fatalf("%d calls were made, want five: %s", len(calls), short(calls))
			}
			if calls[0].Status != 429 || calls[1].Status != 500 || calls[0].Coverage != usage.Unbilled {
				t.Errorf("what was refused is journalled as %s", short(calls[:2]))
			}
			// What was cut was paid for, and the meter has not seen all of it.
			if cut := calls[2]; cut.Coverage == usage.Complete || cut.Coverage == usage.Unbilled {
				t.Errorf("the answer that was cut is journalled as %s", short(calls[2:3]))
			}
			for i, c := range calls[3:] {
				if s := l.server.Ledger().Calls[3+i]; c.Tokens != s.Tokens || c.ResponseID != s.ID {
					t.Errorf("the call %d was served as %+v and metered as %+v", 3+i, s, c)
				}
			}
		})
	}
}
