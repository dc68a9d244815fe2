// Package fit says whether a suite and the watched files fit a change, and what of an arm trials are given.
//
// It knows the names of agents, their files and their slots. It refuses to know trials, prices and reports.
package fit

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/verdict"
)

// Unfit finds a change of one coding agent's settings that a suite for others is to measure: its tasks would run
// another agent than the one that the pull request changes. Tasks with a command of their own may start any agent.
func Unfit(su *suite.Suite, watches []arm.Watch, pair arm.Pair) (verdict.Finding, bool) {
	var runs []string
	for _, t := range su.Tasks {
		if !slices.Contains(suite.Agents(), t.Harness) {
			return verdict.Finding{}, false
		}
		if !slices.Contains(runs, t.Harness) {
			runs = append(runs, t.Harness)
		}
	}
	for _, change := range pair.Changes {
		i := slices.IndexFunc(watches, func(w arm.Watch) bool { return w.WellKnown && w.Path == change.Source.Path })
		if i < 0 || slices.Contains(runs, watches[i].Agent) {
			continue
		}
		return verdict.Finding{Code: "another-agent", Path: change.Source.Path, Line: change.Source.Line, Withhold: true, Text: fmt.Sprintf(
			"The pull request changes the settings of %s, and the tasks of suite `%s` are for %s, so they say nothing about the change.",
			watches[i].Agent, su.Name, strings.Join(runs, " and "))}, true
	}
	return verdict.Finding{}, false
}

// Given is the settings that trials are given: all of an arm but those that no trial of an agent uses and that are the
// same on both sides, such as a profile of Codex that is not chosen. Agents refuse what they cannot be given.
func Given(pair arm.Pair, a arm.Arm) arm.Arm {
	models := modelsOf(a)
	var out arm.Arm
	for _, s := range a.Settings {
		if changes(pair, s) || !idle(s.Slot, models) {
			out.Settings = append(out.Settings, s)
		}
	}
	return out
}

// Differ returns the settings that trials are given, and those of them that are not the same on both sides.
func Differ(pair arm.Pair, a arm.Arm) (given arm.Arm, differ []arm.Setting) {
	given = Given(pair, a)
	for _, s := range given.Settings {
		if changes(pair, s) {
			differ = append(differ, s)
		}
	}
	return given, differ
}

// changes reports whether a setting is not the same on both sides.
func changes(pair arm.Pair, s arm.Setting) bool {
	base, there := pair.Base.Get(s.Slot, s.Key)
	head, too := pair.Head.Get(s.Slot, s.Key)
	return there != too || base != head
}

// modelsOf returns the models that an arm may ask: those of its slots that are not idle whatever the others are. What
// such a model's alias stands for counts as well, where the alias is one of another alias.
func modelsOf(a arm.Arm) []string {
	var out []string
	for more := true; more; {
		more = false
		for _, s := range a.Settings {
			if s.Key == arm.Model && !slices.Contains(out, s.Value) && !idle(s.Slot, out) {
				out = append(out, s.Value)
				more = true
			}
		}
	}
	return out
}

// idle reports whether a slot of an agent's file is for something else than a run with these models: profiles,
// aliases and overrides of other models, and agents besides opencode's default one.
func idle(slot string, models []string) bool {
	kind, name, found := strings.Cut(slot, "-")
	switch {
	case !found:
		return false
	case kind == "profile":
		return true
	case kind == "alias", kind == "override":
		return !slices.Contains(models, name) && !slices.Contains(models, second.ReplaceAllString(name, "")) && !underEvery(name)
	case kind == "agent":
		return name != "build"
	}
	return false
}

// second is what is put behind the name of an element that an earlier one has too; both of them apply.
var second = regexp.MustCompile(`-[0-9]{1,3}$`)

// underEvery reports whether an alias of Gemini CLI is one that its own entries of every model build upon.
func underEvery(alias string) bool {
	return alias == "base" || strings.HasPrefix(alias, "chat-base")
}

// SuiteTouched says so when one of the changed paths is part of what the change is measured with.
func SuiteTouched(su *suite.Suite, configPath string, changed []string) (verdict.Finding, bool) {
	for _, p := range changed {
		if p == configPath || slices.Contains(su.Files, p) {
			return verdict.Finding{Code: "suite-changed", Path: p,
				Text: fmt.Sprintf("The pull request also changes `%s`. It was measured with the base's suite and configuration.", p)}, true
		}
	}
	return verdict.Finding{}, false
}

// Agents narrows well-known watches to one agent's when files of that agent only are among the changed paths, so that
// a repository that two agents know has plain slots for the one whose settings change.
func Agents(watches []arm.Watch, changed []string) []arm.Watch {
	var agents, shared []string
	for _, w := range watches {
		switch {
		case !w.WellKnown || !slices.Contains(changed, path.Clean(w.Path)) || slices.Contains(agents, w.Agent):
		case w.Shared: // others have files of that name too
			shared = append(shared, w.Agent)
		default:
			agents = append(agents, w.Agent)
		}
	}
	if len(agents) == 0 {
		agents = shared
	}
	for _, agent := range agents {
		if agent != agents[0] {
			return watches
		}
	}
	if len(agents) == 0 {
		return watches
	}
	return arm.ForAgent(watches, agents[0])
}
