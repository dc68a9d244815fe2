package fit_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/suite"
)

func TestUnfit(t *testing.T) {
	codex := arm.Change{Slot: arm.MainSlot, Key: arm.Model, Source: arm.Source{Path: ".codex/config.toml", Line: 1}}
	app := arm.Change{Slot: arm.MainSlot, Key: arm.Model, Source: arm.Source{Path: "config/app.yaml", Line: 1}}
	for _, c := range []struct {
		name      string
		harnesses string
		change    arm.Change
		want      string
	}{
		{"its own", "codex", codex, ""},
		{"one of several", "claude-code codex", codex, ""},
		{"another", "claude-code", codex, "codex, and the tasks of suite `s` are for claude-code,"},
		{"others", "claude-code pi claude-code", codex, "for claude-code and pi,"},
		{"a command", "claude-code command", codex, ""},
		{"a prompt", "prompt", codex, ""},
		{"an application", "claude-code", app, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			su := &suite.Suite{Name: "s"}
			for _, h := range strings.Fields(c.harnesses) {
				su.Tasks = append(su.Tasks, suite.Task{Harness: h})
			}
			f, unfit := fit.Unfit(su, arm.WellKnown(), arm.Pair{Changes: []arm.Change{c.change}})
			if unfit != (c.want != "") || !strings.Contains(f.Text, c.want) || f.Withhold != unfit {
				t.Errorf("got %+v, want %q", f, c.want)
			}
		})
	}
}

// A profile that is not chosen is in the file and not in a trial, unless the pull request changes it.
func TestTrialsAreGivenWhatTheyUse(t *testing.T) {
	setting := func(slot, value string) arm.Setting {
		return arm.Setting{Slot: slot, Key: arm.Model, Value: value}
	}
	same := []arm.Setting{setting("main", "m"), setting("small", "s"), setting("profile-deep", "p"), setting("alias-m", "x"),
		setting("alias-other", "x"), setting("override-m", "x"), setting("override-other", "x"), setting("agent-build", "b"), setting("agent-plan", "b")}
	pair := arm.Pair{Base: arm.Arm{}.With(append(same, setting("profile-fast", "p"))...), Head: arm.Arm{}.With(append(same, setting("profile-fast", "q"))...)}
	for _, a := range []arm.Arm{pair.Base, pair.Head} {
		got := strings.Join(fit.Given(pair, a).Slots(), " ")
		if want := "main agent-build alias-m override-m profile-fast small"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
