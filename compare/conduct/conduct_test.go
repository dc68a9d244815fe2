package conduct_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/conduct"
	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

func pricing() price.Pricing {
	return price.Pricing{Book: price.Embedded(), At: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
}

func set(slot string, k arm.Key, v string) arm.Setting {
	return arm.Setting{Slot: slot, Key: k, Value: v}
}

func call(requested, served string) usage.Call {
	return usage.Call{Provider: "anthropic", RequestedModel: requested, ServedModel: served, State: usage.Ended, Status: 200}
}

// An agent with a small model for side work: what it declares may be called, by any of its names; nothing else.
func TestCalls(t *testing.T) {
	declared := arm.Arm{}.With(set(arm.MainSlot, arm.Model, "claude-sonnet-4-5")).With(set("small", arm.Model, "claude-haiku-4-5"))
	for _, tt := range []struct {
		name  string
		calls []usage.Call
		ran   bool
		side  string // model of the finding
		swap  string
	}{
		{"no call", nil, true, "", ""},
		{"as declared", []usage.Call{call("claude-sonnet-4-5", "claude-sonnet-4-5")}, true, "", ""},
		{"with a provider before it", []usage.Call{call("anthropic/claude-sonnet-4-5", "claude-sonnet-4-5")}, true, "", ""},
		{"dated", []usage.Call{call("claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20250929")}, true, "", ""},
		{"with the small one", []usage.Call{call("claude-haiku-4-5", ""), call("claude-sonnet-4-5", "")}, true, "", ""},
		{"the small one only", []usage.Call{call("claude-haiku-4-5", "")}, false, "", ""},
		{"the next version silently", []usage.Call{call("claude-sonnet-4-6", "claude-sonnet-4-6")}, false, "claude-sonnet-4-6", ""},
		{"a third model beside", []usage.Call{call("claude-sonnet-4-5", ""), call("gpt-5.4-nano", "")}, true, "gpt-5.4-nano", ""},
		{"another one served", []usage.Call{call("claude-sonnet-4-5", "claude-haiku-4-5")}, true, "", "`claude-haiku-4-5` for `claude-sonnet-4-5`"},
		{"an unknown one served", []usage.Call{call("claude-sonnet-4-5", "no-such-model")}, true, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := conduct.New(pricing(), arm.Pair{Head: declared})
			r := trial.Result{Trial: trial.Trial{Slot: trial.Slot{Arm: trial.Head}, Outcome: trial.Completed}, Calls: tt.calls}
			c.Take(r)
			if model, tier := c.Ran(r); model != tt.ran || !tier {
				t.Errorf("ran the model %v and the tier %v, want %v and true", model, tier, tt.ran)
			}
			side := ""
			for _, f := range c.SideCalls() {
				side += f.Code + " " + f.Text
			}
			if (side == "") != (tt.side == "") || !strings.Contains(side, tt.side) {
				t.Errorf("side calls %q, want of %q", side, tt.side)
			}
			f, not := c.NotRun(trial.Head, nil)
			if not != (tt.swap != "") || !strings.Contains(f.Text, tt.swap) {
				t.Errorf("finding %+v, want %q", f, tt.swap)
			}
		})
	}
}

func TestModelsAreListed(t *testing.T) {
	c := conduct.New(pricing(), arm.Pair{})
	c.Take(trial.Result{Trial: trial.Trial{Slot: trial.Slot{Arm: trial.Base}}, Calls: []usage.Call{call("b", "b-1"), call("a", ""), call("b", "b-1")}})
	if diff := cmp.Diff([][]string{{"a", "b"}, {"b-1"}, nil}, [][]string{c.Requested(trial.Base), c.Served(trial.Base), c.Requested(trial.Head)}); diff != "" {
		t.Errorf("requested, served, and requested of the head (-want +got):\n%s", diff)
	}
	if c.SideCalls() != nil {
		t.Error("an arm that declares nothing has no side calls")
	}
}

// Only trials that count say which version ran.
func TestVersionsApart(t *testing.T) {
	for _, tt := range []struct {
		name       string
		base, head []string
		void       string // version of a void trial of the head
		want       string
	}{
		{"the same", []string{"1.0", "1.0"}, []string{"1.0"}, "", ""},
		{"not known", []string{"", "1.0"}, []string{""}, "", ""},
		{"a void one differs", []string{"1.0"}, []string{"1.0"}, "2.0", ""},
		{"the arms differ", []string{"1.0"}, []string{"1.1"}, "", "the base 1.0, the head 1.1"},
		{"changed in between", []string{"1.0", "1.1"}, []string{"1.0", "1.1"}, "", "the base 1.0 and 1.1, the head 1.0 and 1.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := conduct.New(pricing(), arm.Pair{})
			take := func(side trial.Side, version string, o trial.Outcome) {
				c.Take(trial.Result{Trial: trial.Trial{Slot: trial.Slot{Arm: side}, Harness: "codex", Version: version, Outcome: o}})
			}
			for _, v := range tt.base {
				take(trial.Base, v, trial.Completed)
			}
			for _, v := range tt.head {
				take(trial.Head, v, trial.Failed)
			}
			if tt.void != "" {
				take(trial.Head, tt.void, trial.Void)
			}
			got := ""
			for _, f := range c.VersionsApart() {
				if got += f.Text; !f.Withhold {
					t.Error("different versions do not withhold the verdict")
				}
			}
			if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("finding %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNotRunCountsTrials(t *testing.T) {
	c := conduct.New(pricing(), arm.Pair{Base: arm.Arm{}.With(set(arm.MainSlot, arm.Model, "m")).With(set(arm.MainSlot, arm.ServiceTier, "flex"))})
	for _, tt := range []struct {
		name string
		side tally.Side
		want string
	}{
		{"fine", tally.Side{Trials: 3}, ""},
		{"no calls at all", tally.Side{Trials: 3, Callless: 3}, "no-calls"},
		{"one completed without a call", tally.Side{Trials: 3, Callless: 1, Costless: 1}, "no-calls"},
		{"one failed without a call", tally.Side{Trials: 3, Callless: 1}, ""},
		{"another model", tally.Side{Trials: 3, Strange: 1, Untiered: 1}, "model-not-requested"},
		{"another tier", tally.Side{Trials: 3, Untiered: 2}, "tier-not-requested"},
	} {
		task := tally.New(suite.Task{ID: "a"})
		*task.Base = tt.side
		if f, _ := c.NotRun(trial.Base, []*tally.Task{task}); f.Code != tt.want {
			t.Errorf("%s: %+v, want %q", tt.name, f, tt.want)
		}
	}
}
