package harness

import (
	"encoding/json"

	"github.com/pertask/pertask/usage"
)

// opencode is SST's opencode. Its switch against a project's settings would leave out the project's AGENTS.md as well,
// so the settings are hidden. Without a title it would ask another model for one.
func opencode() Agent {
	return Agent{
		Name: "opencode", Program: "opencode", Package: "opencode-ai", Tested: "1.18.33",
		Speaks: []Speech{
			{Wire: responses, Upstreams: []string{"openai"}, Set: map[string]string{"id": "openai", "url": "{base}", "reasoning": "{effort}", "tier": "{service_tier}"}},
			{Wire: messages, Upstreams: []string{"anthropic"}, Set: map[string]string{"id": "anthropic", "url": "{base}/v1", "variant": "{effort}"}},
			{Wire: generate, Set: map[string]string{"id": "google", "url": "{base}/v1beta", "variant": "{effort}"}},
			{Wire: chat, Set: map[string]string{"id": "pertask", "url": "{base}", "npm": "@ai-sdk/openai-compatible", "reasoning": "{effort}"}},
			{Wire: messages, Set: map[string]string{"id": "pertask", "url": "{base}/v1", "npm": "@ai-sdk/anthropic"}},
		},
		Argv:  [][]string{{"run", "--format=json", "--title=task", "--pure", "--auto", "--model={id}/{model}"}, {"--variant={variant}"}},
		Stdin: "{prompt}",
		Env: map[string]string{
			"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1",
			"OPENCODE_DISABLE_DEFAULT_PLUGINS": "1", "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
		},
		Files: map[string]map[string]any{".config/opencode/opencode.json": {
			"model":       "{id}/{model}",
			"small_model": "{small.id}/{small.model}",
			"autoupdate":  false,
			"share":       "disabled",
			"agent":       map[string]any{"build": map[string]any{"temperature": Number("{temperature}")}},
			"provider": map[string]any{
				"{id}": map[string]any{
					"npm":     "{npm}",
					"options": map[string]any{"baseURL": "{url}", "apiKey": "{token}"},
					"models":  map[string]any{"{model}": map[string]any{"name": "{model}", "temperature": When{"temperature", true}, "options": map[string]any{"reasoningEffort": "{reasoning}", "serviceTier": "{tier}"}}},
				},
				"{small.id}": map[string]any{
					"npm":     "{small.npm}",
					"options": map[string]any{"baseURL": "{small.url}", "apiKey": "{token}"},
					"models":  map[string]any{"{small.model}": map[string]any{"name": "{small.model}"}},
				},
			},
		}},
		// A variant that a model does not have is passed over.
		Values: map[string][]string{"variant": {"none", "minimal", "low", "medium", "high", "xhigh", "max"}},
		Hide:   []string{"opencode.json", "opencode.jsonc", ".opencode"},
		Report: opencodeReport,
	}
}

// opencodeReport adds up the steps that it prints. It is known to leave out the calls of sub-agents, and one for the
// session's title, which is given here so that there is none.
func opencodeReport(s *said) (*usage.SelfReport, error) {
	var sum tally
	err := s.answers(func(line []byte) error {
		var l struct {
			Type string
			Part struct {
				Tokens struct {
					Input, Output, Reasoning usage.Count // input is uncached, and output is without reasoning
					Cache                    struct{ Read, Write usage.Count }
				}
				Cost json.Number
			}
		}
		if !s.reads(line, `"step_finish"`, &l) || l.Type != "step_finish" {
			return nil
		}
		u := l.Part.Tokens
		sum.add(usage.Tokens{Input: u.Input, CacheRead: u.Cache.Read, CacheCreation: u.Cache.Write, Output: u.Output.Plus(u.Reasoning), Reasoning: u.Reasoning})
		sum.usd(l.Part.Cost)
		return nil
	})
	return sum.report(), err
}
