package harness_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/harness"
)

// odd are texts that programs take for various numbers, or that settings files are found to hold.
var odd = []string{"8k", "1_000", "1,000", "1e4", "0x10", "-5", "-0", "+5", "010", " 5", "5 ", "5\n", "5;6", "NaN", "Infinity", "true", "null", "99999999999", "five", "٥", "5\x00"}

// numeric reports whether a setting is a number by its name.
func numeric(name string) bool {
	return strings.HasSuffix(name, "_tokens") || strings.HasSuffix(name, "_budget") || strings.HasSuffix(name, "temperature")
}

// No agent is given a number that is written so that programs read it as different ones, in whatever slot and format.
func TestNumbersAreCheckedForEveryAgent(t *testing.T) {
	checked := map[string]int{}
	for _, a := range harness.Descriptions() {
		for _, upstream := range []string{"openai", "anthropic", "google", "gemini", "mistral", "deepseek", "own-server"} {
			takes, err := harness.Takes(a, job(upstream).Route)
			if err != nil {
				continue
			}
			for _, name := range slices.DeleteFunc(takes, func(name string) bool { return !numeric(name) }) {
				number := of(name, "2")
				models := []arm.Setting{set(arm.Model, "m"), in(number.Slot, arm.Model, "m")}
				for _, value := range append(odd, "", " ") {
					number.Value, number.Source = value, arm.Source{}
					_, err := harness.All()[a.Name].Start(job(upstream, append(models, number)...))
					if err == nil || !strings.Contains(err.Error(), a.Name) || !strings.Contains(err.Error(), name+" is ") {
						t.Errorf("%s at %s with %s %q: got %v", a.Name, upstream, name, value, err)
					}
					number.Source = arm.Source{Path: "agent.json", Line: 4, Column: 9}
					var placed *arm.Error
					if _, err := harness.All()[a.Name].Start(job(upstream, append(models, number)...)); !errors.As(err, &placed) || !strings.Contains(err.Error(), " agent.json:4:9: "+name) {
						t.Errorf("%s at %s with %s %q: got %v, want one with a place", a.Name, upstream, name, value, err)
					}
				}
				if _, err := harness.All()[a.Name].Start(job(upstream, append(models, of(name, "2"))...)); err != nil {
					t.Errorf("%s at %s with %s 2: %v", a.Name, upstream, name, err)
				}
				checked[a.Name]++
			}
		}
	}
	for _, name := range []string{"claude-code", "copilot", "crush", "gemini", "opencode", "qwen"} {
		if checked[name] == 0 {
			t.Errorf("%s has no number that was checked", name)
		}
	}
}

// What a number stands for besides is taken where the agent has a meaning for it, and nowhere else.
func TestNumbersWithAMeaning(t *testing.T) {
	budget := set(arm.ThinkingBudget, "-1")
	p, err := harness.All()["gemini"].Start(job("gemini", set(arm.Model, "m"), budget))
	if err != nil || !strings.Contains(show(p), `"thinkingBudget": -1`) {
		t.Errorf("got %v and\n%s", err, show(p))
	}
	if _, err := harness.All()["claude-code"].Start(job("anthropic", set(arm.Model, "m"), budget)); err == nil {
		t.Error("claude-code is given a thinking budget of -1")
	}
}

// Refusals have the place of the setting in its file, and what is allowed.
func TestRefusalsHaveAPlace(t *testing.T) {
	at := func(s arm.Setting) arm.Setting {
		s.Source = arm.Source{Path: "f.json", Line: 2, Column: 3}
		return s
	}
	for _, test := range []struct {
		agent, upstream string
		setting         arm.Setting
		want            string
	}{
		{"claude-code", "anthropic", set(arm.Effort, "ultra"), `f.json:2:3: effort is "ultra"; claude-code takes low, medium, high, xhigh, max`},
		{"opencode", "anthropic", set(arm.Effort, "ultra"), `f.json:2:3: effort is "ultra"; opencode takes none, minimal, low`},
		{"codex", "openai", set(arm.Temperature, "1"), `f.json:2:3: "temperature" cannot be given to codex at openai.responses; it takes effort,`},
		{"gemini", "gemini", in("alias-fast", arm.Model, "x"), `f.json:2:3: "alias-fast.model" cannot be given to gemini`},
		{"codex", "openai", in("profile-deep", arm.Effort, "high"), `f.json:2:3: "profile-deep.effort" cannot be given to codex`},
		{"pi", "openai", set(arm.Effort, ""), `f.json:2:3: effort is empty`},
	} {
		_, err := harness.All()[test.agent].Start(job(test.upstream, set(arm.Model, "m"), at(test.setting)))
		if err == nil || !strings.HasPrefix(err.Error(), "preparing "+test.agent+": "+test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}
