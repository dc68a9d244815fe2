package fit_test

import (
	"slices"
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

// An alias or an override counts for every model that a trial may ask, also when it is not the main one.
func TestTrialsAreGivenWhatTheirModelsUse(t *testing.T) {
	model := func(slot, value string) arm.Setting {
		return arm.Setting{Slot: slot, Key: arm.Model, Value: value}
	}
	budget := func(slot string) arm.Setting {
		return arm.Setting{Slot: slot, Key: arm.ThinkingBudget, Value: "1"}
	}
	for _, c := range []struct {
		name   string
		slots  []arm.Setting
		unused string
	}{
		{"another slot's model", []arm.Setting{model("small", "s"), budget("override-s"), model("alias-s", "x")}, ""},
		{"what an alias stands for", []arm.Setting{model("alias-m", "deep"), budget("override-deep"), model("alias-other", "far"), budget("override-far")}, "alias-other override-far"},
		{"aliases in a circle", []arm.Setting{model("alias-m", "n"), model("alias-n", "m"), model("alias-o", "p"), model("alias-p", "o")}, "alias-o alias-p"},
		{"the second of a name", []arm.Setting{budget("override-m"), budget("override-m-2"), budget("override-other-2")}, "override-other-2"},
		{"what every model builds upon", []arm.Setting{budget("alias-base"), budget("alias-chat-base-3"), budget("alias-database")}, "alias-database"},
		{"a profile's model", []arm.Setting{model("profile-a", "p"), budget("override-p")}, "override-p profile-a"},
		{"an agent's", []arm.Setting{model("agent-plan", "p"), model("agent-build", "b"), budget("alias-p"), budget("alias-b")}, "agent-plan alias-p"},
	} {
		t.Run(c.name, func(t *testing.T) {
			both := arm.Arm{}.With(append(c.slots, model("main", "m"))...)
			given := fit.Given(arm.Pair{Base: both, Head: both}, both).Slots()
			var unused []string
			for _, slot := range both.Slots() {
				if !slices.Contains(given, slot) {
					unused = append(unused, slot)
				}
			}
			if got := strings.Join(unused, " "); got != c.unused {
				t.Errorf("not given: %q, want %q", got, c.unused)
			}
		})
	}
}

// What changes, appears or goes is given, so that an agent that cannot be given it refuses.
func TestTrialsAreGivenWhatChanges(t *testing.T) {
	for _, slot := range []string{"profile-p", "alias-a", "override-o", "agent-plan", "alias-a-2"} {
		at := func(value string) arm.Arm {
			return arm.Arm{}.With(arm.Setting{Slot: "main", Key: arm.Model, Value: "m"}, arm.Setting{Slot: slot, Key: arm.Effort, Value: value})
		}
		none := arm.Arm{}.With(arm.Setting{Slot: "main", Key: arm.Model, Value: "m"})
		for name, pair := range map[string]arm.Pair{"changed": {Base: at("low"), Head: at("high")}, "added": {Base: none, Head: at("low")}, "removed": {Base: at("low"), Head: none}} {
			_, before := fit.Differ(pair, pair.Base)
			given, after := fit.Differ(pair, pair.Head)
			if len(before) > 1 || len(after) > 1 || len(before)+len(after) == 0 || !slices.Equal(given.Settings, fit.Given(pair, pair.Head).Settings) {
				t.Errorf("%s %s: %v and %v differ", slot, name, before, after)
			}
			got := len(fit.Given(pair, pair.Base).Settings) + len(fit.Given(pair, pair.Head).Settings)
			if want := len(pair.Base.Settings) + len(pair.Head.Settings); got != want {
				t.Errorf("%s %s: %d settings are given, want %d", slot, name, got, want)
			}
		}
		same := arm.Pair{Base: at("low"), Head: at("low")}
		if got := fit.Given(same, same.Head).Settings; len(got) != 1 {
			t.Errorf("%s is the same, and given: %v", slot, got)
		}
	}
}
