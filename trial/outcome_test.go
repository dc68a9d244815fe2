package trial

import (
	"testing"

	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/usage"
)

// Every cause is decided without the grader where it can be, and the causes that are not the arm's go first.
func TestBeforeGrading(t *testing.T) {
	served := usage.Call{State: usage.Ended, Status: 200, Format: "openai.chat"}
	overloaded := usage.Call{State: usage.Ended, Status: 529, Format: "openai.chat"}
	problem := func(s string) usage.Call { return usage.Call{State: usage.Ended, Problem: s, Format: "openai.chat"} }
	capped, spent := problem("not forwarded: cost cap: 1 USD"), problem("not forwarded: budget: 9 USD")
	tests := []struct {
		name string
		w    work
		want ruling
	}{
		{"nothing", work{}, ruling{}},
		{"served", work{calls: []usage.Call{served}}, ruling{}},
		{"warm-up", work{warmup: true, timedOut: true, calls: []usage.Call{overloaded}}, void(CauseWarmup)},
		{"canceled warm-up", work{warmup: true, canceled: true}, void(CauseCanceled)},
		{"warm-up without memory", work{warmup: true, over: CauseMemory, status: -1}, void(CauseWarmup)},
		{"warm-up without a sandbox", work{warmup: true, over: CauseSandbox, notStarted: true}, void(CauseWarmup)},
		{"warm-up and budget", work{warmup: true, calls: []usage.Call{spent}}, void(CauseWarmup)},
		{"sandbox", work{over: CauseSandbox, timedOut: true}, void(CauseSandbox)},
		{"sandbox that could not be had", work{over: CauseSandbox, notStarted: true}, void(CauseSandbox)},
		{"sandbox of a canceled one", work{over: CauseSandbox, canceled: true}, void(CauseCanceled)},
		{"sandbox after the budget", work{over: CauseSandbox, calls: []usage.Call{served, spent}}, void(CauseBudget)},
		{"sandbox after the cost", work{over: CauseSandbox, calls: []usage.Call{served, capped}}, ruling{Failed, CauseCost}},
		{"memory after the cost", work{over: CauseMemory, overCost: true, calls: []usage.Call{served}}, ruling{Failed, CauseCost}},
		{"memory after the budget", work{over: CauseMemory, calls: []usage.Call{served, spent}}, void(CauseBudget)},
		{"cost", work{overCost: true, calls: []usage.Call{served}}, ruling{Failed, CauseCost}},
		{"cost, refused", work{calls: []usage.Call{served, capped}}, ruling{Failed, CauseCost}},
		{"cost and budget", work{calls: []usage.Call{served, capped, spent}}, ruling{Failed, CauseCost}},
		{"cost and time", work{timedOut: true, calls: []usage.Call{served, capped}}, ruling{Failed, CauseCost}},
		{"budget and time", work{timedOut: true, calls: []usage.Call{served, spent}}, void(CauseBudget)},
		{"memory", work{over: CauseMemory, status: 137, calls: []usage.Call{served}}, ruling{Failed, CauseMemory}},
		{"disk of an agent that waits for the provider", work{over: CauseDisk, timedOut: true, calls: []usage.Call{overloaded}}, ruling{Failed, CauseDisk}},
		{"time", work{timedOut: true, calls: []usage.Call{served, overloaded}}, ruling{Failed, CauseTimeout}},
		{"time without an answer", work{timedOut: true, calls: []usage.Call{overloaded, overloaded}}, void(CauseProvider)},
		{"last request overloaded", work{calls: []usage.Call{served, overloaded}}, void(CauseProvider)},
		{"overloaded at first", work{calls: []usage.Call{overloaded, served}}, ruling{}},
		{"not found", work{status: 127}, void(CauseStart)},
		{"canceled", work{canceled: true, overCost: true}, void(CauseCanceled)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.w.beforeGrading(); got != tt.want {
				t.Errorf("ruled %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestAfterGrading(t *testing.T) {
	for g, want := range map[grade]ruling{gradeBroke: void(CauseGrading), gradeAccepted: {outcome: Completed}, gradeRefused: {Failed, CauseGrader}, gradeUnkept: void(CauseSandbox)} {
		if got := afterGrading(g); got != want {
			t.Errorf("grade %v is ruled %+v, want %+v", g, got, want)
		}
	}
}

// Of a grader's endings, only those of a command that cannot be run leave open whose doing they are.
func TestGradeOf(t *testing.T) {
	tests := []struct {
		name string
		e    process.Ending
		want grade
	}{
		{"success", process.Ending{}, gradeAccepted},
		{"failure", process.Ending{Status: 1}, gradeRefused},
		{"a command ended by a signal", process.Ending{Status: 137}, gradeRefused},
		{"a signal", process.Ending{Status: -1, Signal: "segmentation fault"}, gradeRefused},
		{"time, and success when told to end", process.Ending{TimedOut: true}, gradeRefused},
		{"not found", process.Ending{Status: 127}, gradeUnclear},
		{"no program", process.Ending{Status: 126}, gradeUnclear},
		{"canceled", process.Ending{Canceled: true}, gradeBroke},
		{"an ending that nobody saw", process.Ending{Status: -1, Signal: process.Unknown}, gradeBroke},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := gradeOf(tt.e); got != tt.want {
				t.Errorf("grade %d, want %d", got, tt.want)
			}
		})
	}
}
