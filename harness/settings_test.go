package harness_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/harness"
)

// arrivals says where each setting of each agent arrives: a part of what the process is given, printed by show with
// single spaces between words, in which VALUE stands for the value.
var arrivals = []struct{ agent, upstream, setting, where string }{
	{"claude-code", "anthropic", "model", `arg "--model=VALUE"`},
	{"claude-code", "anthropic", "effort", `arg "--effort=VALUE"`},
	{"claude-code", "anthropic", "thinking_budget", `env MAX_THINKING_TOKENS=VALUE `},
	{"claude-code", "anthropic", "max_output_tokens", `env CLAUDE_CODE_MAX_OUTPUT_TOKENS=VALUE `},
	{"claude-code", "anthropic", "small.model", `env ANTHROPIC_SMALL_FAST_MODEL=VALUE `},
	{"claude-code", "anthropic", "haiku.model", `env ANTHROPIC_DEFAULT_HAIKU_MODEL=VALUE `},
	{"claude-code", "anthropic", "sonnet.model", `env ANTHROPIC_DEFAULT_SONNET_MODEL=VALUE `},
	{"claude-code", "anthropic", "opus.model", `env ANTHROPIC_DEFAULT_OPUS_MODEL=VALUE `},
	{"claude-code", "anthropic", "subagent.model", `env CLAUDE_CODE_SUBAGENT_MODEL=VALUE `},
	{"cline", "openai", "model", `arg "--model=VALUE"`},
	{"cline", "openai", "effort", `arg "--thinking=VALUE"`},
	{"cline", "anthropic", "model", `"model": "VALUE", "provider": "anthropic"`},
	{"cline", "anthropic", "effort", `arg "--thinking=VALUE"`},
	{"codex", "openai", "model", `model = 'VALUE'`},
	{"codex", "openai", "effort", `model_reasoning_effort = 'VALUE'`},
	{"codex", "openai", "service_tier", `service_tier = 'VALUE'`},
	{"codex", "openai", "verbosity", `model_verbosity = 'VALUE'`},
	{"copilot", "openai", "model", `env COPILOT_MODEL=VALUE `},
	{"copilot", "openai", "effort", `arg "--reasoning-effort=VALUE"`},
	{"copilot", "openai", "max_output_tokens", `env COPILOT_PROVIDER_MAX_OUTPUT_TOKENS=VALUE `},
	{"crush", "openai", "model", `"large": { "model": "VALUE", "provider": "openai"`},
	{"crush", "openai", "effort", `"large": { "model": "m-1", "provider": "openai", "reasoning_effort": "VALUE"`},
	{"crush", "openai", "max_output_tokens", `"large": { "max_tokens": VALUE,`},
	{"crush", "openai", "temperature", `"large": { "model": "m-1", "provider": "openai", "temperature": VALUE`},
	{"crush", "openai", "small.model", `"small": { "model": "VALUE", "provider": "openai"`},
	{"crush", "openai", "small.effort", `"small": { "model": "s-1", "provider": "openai", "reasoning_effort": "VALUE"`},
	{"crush", "openai", "small.max_output_tokens", `"small": { "max_tokens": VALUE,`},
	{"crush", "openai", "small.temperature", `"small": { "model": "s-1", "provider": "openai", "temperature": VALUE`},
	{"gemini", "gemini", "model", `arg "--model=VALUE"`},
	{"gemini", "gemini", "effort", `"thinkingConfig": { "thinkingLevel": "VALUE" }`},
	{"gemini", "gemini", "thinking_budget", `"thinkingConfig": { "thinkingBudget": VALUE }`},
	{"gemini", "gemini", "temperature", `"generateContentConfig": { "temperature": VALUE }`},
	{"gemini", "gemini", "max_output_tokens", `"generateContentConfig": { "maxOutputTokens": VALUE }`},
	{"opencode", "openai", "model", `arg "--model=openai/VALUE"`},
	{"opencode", "openai", "effort", `"options": { "reasoningEffort": "VALUE" }`},
	{"opencode", "openai", "service_tier", `"options": { "serviceTier": "VALUE" }`},
	{"opencode", "openai", "temperature", `"build": { "temperature": VALUE }`},
	{"opencode", "openai", "small.model", `"small_model": "openai/VALUE"`},
	{"opencode", "anthropic", "model", `arg "--model=anthropic/VALUE"`},
	{"opencode", "anthropic", "effort", `arg "--variant=VALUE"`},
	{"opencode", "anthropic", "temperature", `"build": { "temperature": VALUE }`},
	{"opencode", "anthropic", "small.model", `"small_model": "anthropic/VALUE"`},
	{"opencode", "mistral", "effort", `"options": { "reasoningEffort": "VALUE" }`},
	{"pi", "openai", "model", `arg "--model" arg "VALUE"`},
	{"pi", "openai", "effort", `arg "--thinking" arg "VALUE"`},
	{"pi", "mistral", "model", `"models": [ { "id": "VALUE" } ]`},
	{"pi", "mistral", "effort", `arg "--thinking" arg "VALUE"`},
	{"qwen", "openai", "model", `arg "--model=VALUE"`},
	{"qwen", "openai", "effort", `"extra_body": { "reasoning": { "effort": "VALUE" } }`},
	{"qwen", "openai", "temperature", `"extra_body": { "temperature": VALUE }`},
	{"qwen", "openai", "max_output_tokens", `"extra_body": { "max_tokens": VALUE }`},
	{"qwen", "anthropic", "effort", `"reasoning": { "effort": "VALUE" }`},
	{"qwen", "anthropic", "max_output_tokens", `"samplingParams": { "max_tokens": VALUE }`},
}

// may returns values that a setting may have: every effort that the agent takes, and two of everything else.
func may(a harness.Agent, setting string) []string {
	slot, key, isOther := strings.Cut(setting, ".")
	if !isOther {
		key = slot
	}
	switch {
	case key == "temperature":
		return []string{"0", "0.35", "1"}
	case numeric(key):
		return []string{"1", "4096", "128000"}
	case setting == "effort" && a.Values["effort"] != nil:
		return a.Values["effort"]
	case setting == "effort" && a.Values["variant"] != nil:
		return a.Values["variant"]
	}
	return []string{"low", "x-2.5_preview:1/y"}
}

// of makes a setting of a name such as "small.model".
func of(name, value string) arm.Setting {
	slot, key, isOther := strings.Cut(name, ".")
	if !isOther {
		slot, key = arm.MainSlot, name
	}
	return in(slot, arm.Key(key), value)
}

// TestEverySettingArrives gives each agent each setting by itself, with every value that it may have, and looks for it
// in its place; without the setting nothing is there.
func TestEverySettingArrives(t *testing.T) {
	for _, at := range arrivals {
		t.Run(at.agent+" at "+at.upstream+" "+at.setting, func(t *testing.T) {
			a := described(t, at.agent)
			for _, value := range may(a, at.setting) {
				settings := []arm.Setting{set(arm.Model, "m-1")}
				if slot, _, isOther := strings.Cut(at.setting, "."); isOther {
					settings = append(settings, in(slot, arm.Model, "s-1"))
				}
				text := started(t, at.agent, at.upstream, append(settings, of(at.setting, value))...)
				if want := strings.ReplaceAll(at.where, "VALUE", value); !strings.Contains(text, want) {
					t.Errorf("with %s there is no %s in\n%s", value, want, text)
				}
			}
			if at.setting == "model" {
				return
			}
			before, _, _ := strings.Cut(at.where, "VALUE")
			settings := []arm.Setting{set(arm.Model, "m-1")}
			if slot, key, isOther := strings.Cut(at.setting, "."); isOther && key != "model" {
				settings = append(settings, in(slot, arm.Model, "s-1"))
			}
			if text := started(t, at.agent, at.upstream, settings...); strings.Contains(text, before) {
				t.Errorf("without the setting there is %s in\n%s", before, text)
			}
		})
	}
}

// No setting of an agent is without a line in arrivals, at the first upstream that the agent is found with there.
func TestArrivalsAreWhole(t *testing.T) {
	for _, a := range harness.Descriptions() {
		first := ""
		have := map[string]bool{}
		for _, at := range arrivals {
			if at.agent == a.Name && (first == "" || first == at.upstream) {
				first, have[at.setting] = at.upstream, true
			}
		}
		takes, err := harness.Takes(a, job(first).Route)
		if err != nil {
			t.Errorf("%s at %q: %v", a.Name, first, err)
		}
		for _, name := range takes {
			if !have[name] {
				t.Errorf("%s takes %s, and nothing says where it arrives", a.Name, name)
			}
		}
		if len(have) != len(takes) {
			t.Errorf("%s takes %q, and arrivals has %d", a.Name, takes, len(have))
		}
	}
}

// everyKey are the keys that files are read for, and one that nobody has.
var everyKey = []arm.Key{arm.Effort, arm.Temperature, arm.MaxOutputTokens, arm.ThinkingBudget, arm.ServiceTier, arm.Deployment, arm.API, arm.Profile,
	"verbosity", "nonsense", "prompt", "token", "home", "workspace", "base", "upstream", "id", "url"}

// TestEverySettingIsGivenOrRefused gives each agent every key in every slot that files have: it is in what the process
// is given, or the job is refused with the key and what the agent takes.
func TestEverySettingIsGivenOrRefused(t *testing.T) {
	slots := []string{arm.MainSlot, "small", "haiku", "subagent", "alias-fast", "override-m-1", "profile-deep", "agent-build", "agent-plan", "weak", "codex"}
	for _, a := range harness.Descriptions() {
		upstream := home(a)
		takes, err := harness.Takes(a, job(upstream).Route)
		if err != nil {
			t.Fatal(err)
		}
		for _, slot := range slots {
			for _, key := range append(everyKey, arm.Model) {
				s := in(slot, key, "7")
				if s.Name() == "model" {
					continue
				}
				if key == arm.Effort {
					s.Value = "high"
				}
				settings := []arm.Setting{set(arm.Model, "m-1")}
				if slices.Contains(takes, slot+".model") && key != arm.Model {
					settings = append(settings, in(slot, arm.Model, "s-1"))
				}
				without, err := harness.All()[a.Name].Start(job(upstream, settings...))
				if err != nil {
					t.Errorf("%s at %s: %v", a.Name, upstream, err)
				}
				p, err := harness.All()[a.Name].Start(job(upstream, append(settings, s)...))
				switch taken := slices.Contains(takes, s.Name()); {
				case taken && show(without) == show(p):
					t.Errorf("%s takes %s and is given nothing of it", a.Name, s.Name())
				case taken && err != nil:
					t.Errorf("%s does not take %s: %v", a.Name, s.Name(), err)
				case !taken && (err == nil || !strings.Contains(err.Error(), `"`+s.Name()+`" cannot be given to `+a.Name) || !strings.HasSuffix(err.Error(), "it takes "+strings.Join(takes, ", "))):
					t.Errorf("%s takes %s: %v\n%s", a.Name, s.Name(), err, show(p))
				}
			}
		}
	}
}

func described(t *testing.T, name string) harness.Agent {
	t.Helper()
	all := harness.Descriptions()
	i := slices.IndexFunc(all, func(a harness.Agent) bool { return a.Name == name })
	if i < 0 {
		t.Fatalf("there is no agent %q", name)
	}
	return all[i]
}

// started prints what an agent is given, with single spaces between words.
func started(t *testing.T, agent, upstream string, settings ...arm.Setting) string {
	t.Helper()
	p, err := harness.All()[agent].Start(job(upstream, settings...))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(show(p)), " ") + " "
}

// A setting of a slot without a model would be nowhere, and a provider of one leads no model anywhere.
func TestSlotsWithoutAModel(t *testing.T) {
	for _, s := range []arm.Setting{in("small", arm.Effort, "low"), in("small", arm.Temperature, "0.5"), in("small", arm.Provider, "anthropic")} {
		_, err := harness.All()["crush"].Start(job("openai", set(arm.Model, "m"), s))
		if err == nil || !strings.Contains(err.Error(), s.Name()+` is for a model of the slot "small", which declares none`) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := harness.All()["crush"].Start(job("openai", set(arm.Model, "m"), in("small", arm.BaseURL, "http://elsewhere"))); err != nil {
		t.Errorf("a base URL, which nothing is given: %v", err)
	}
}
