package again_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/review/again"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/review/trigger"
	"github.com/pertask/pertask/verdict"
)

func result(v verdict.Verdict, limit int, ended bool) state.Suite {
	return state.Suite{Result: verdict.Measured, Verdict: v, Cap: limit, Ended: ended}
}

func TestAnswers(t *testing.T) {
	push := trigger.Trigger{Kind: trigger.PullRequest}
	asks := func(c command.Command) trigger.Trigger {
		return trigger.Trigger{Kind: trigger.Command, Command: &c}
	}
	done, cut := result(verdict.DontSwitch, 8, true), result(verdict.Inconclusive, 8, false)
	for _, tt := range []struct {
		name string
		t    trigger.Trigger
		u    state.Suite
		want bool
	}{
		{"an event", push, done, true},
		{"a job", trigger.Trigger{Kind: trigger.Job}, done, true},
		{"by hand", trigger.Trigger{Kind: trigger.Dispatch}, done, true},
		{"run", asks(command.Command{Verb: command.Run}), done, true},
		{"run with as many trials", asks(command.Command{Verb: command.Run, Trials: 8}), done, true},
		{"run with more trials", asks(command.Command{Verb: command.Run, Trials: 9}), done, false},
		{"more", asks(command.Command{Verb: command.More}), done, false},
		{"reprice", asks(command.Command{Verb: command.Reprice}), done, false},
		{"an event after a test that was cut short", push, cut, true},
		{"run after a test that was cut short", asks(command.Command{Verb: command.Run}), cut, false},
		{"by hand after a test that was cut short", trigger.Trigger{Kind: trigger.Dispatch}, cut, false},
		{"no limit is known", push, result(verdict.DontSwitch, 0, true), false},
		{"not measured", push, state.Suite{Result: verdict.NotMeasured, Cap: 8, Ended: true}, false},
		{"accepted", push, state.Suite{Result: verdict.Accepted, Cap: 8, Ended: true}, false},
		{"nothing", push, state.Suite{}, false},
	} {
		if got := again.Answers(tt.t, tt.u); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestMore(t *testing.T) {
	for _, tt := range []struct {
		name    string
		u       state.Suite
		max     int
		reserve bool
		want    []string
		not     string
	}{
		{"a verdict", result(verdict.Switch, 8, true), 20, true, nil, "settles"},
		{"cut short", result(verdict.Inconclusive, 8, false), 8, true, []string{"`/pertask run` takes it up where"}, "more`"},
		{"a reserve", result(verdict.Inconclusive, 8, true), 8, true, []string{"`/pertask more`"}, "--trials"},
		{"more trials", result(verdict.Inconclusive, 8, true), 20, false, []string{"`/pertask run --trials 20` allows 20 trials of each task instead of 8"}, "more`"},
		{"both", result(verdict.Inconclusive, 8, true), 20, true, []string{"`/pertask more`", "--trials 20"}, "no more"},
		{"neither", result(verdict.Inconclusive, 8, true), 8, false, []string{"run.max_trials", "verdict.extension_reserve"}, "/pertask"},
	} {
		got := again.More(tt.u, tt.max, tt.reserve)
		for _, w := range tt.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %q has no %q", tt.name, got, w)
			}
		}
		if strings.Contains(got, tt.not) || len(tt.want) == 0 && got != "" {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}

func TestWords(t *testing.T) {
	f := state.Found{Run: state.Run{Head: strings.Repeat("a", 40)}}
	if got := again.Holds(f, "It settles nothing."); !strings.HasPrefix(got, "**The verdict of `aaaaaaaaaa` holds.** ") || !strings.HasSuffix(got, "again. It settles nothing.") {
		t.Errorf("%q", got)
	}
	f.Suite.At = strings.Repeat("b", 40)
	for _, got := range []string{again.Holds(f, ""), again.Plain(f, "")} {
		if !strings.Contains(got, "`bbbbbbbbbb`") || strings.Contains(got, "aaaaaaa") || !strings.HasSuffix(got, "again.") {
			t.Errorf("%q does not name where it was measured", got)
		}
	}
	once := again.Holds(f, "") + "\n\nDon't switch.\n\nMore of it."
	for in, want := range map[string]string{
		once: "Don't switch.\n\nMore of it.", again.Holds(f, "") + "\n\n" + once: "Don't switch.\n\nMore of it.",
		"Don't switch.": "Don't switch.", again.Holds(f, ""): "", "": "",
	} {
		if got := again.Below(in); got != want {
			t.Errorf("below %q: %q, want %q", in, got, want)
		}
	}
}
