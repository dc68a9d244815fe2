package harness

import (
	"encoding/json"

	"github.com/pertask/pertask/usage"
)

// pi is Mario Zechner's pi. A provider of its own list keeps what it knows of the models there and gets another base
// URL; every other server is declared with the model that is to run.
func pi() Agent {
	custom := func(wire, api string) Speech {
		return Speech{Wire: wire, Set: map[string]string{"id": "pertask", "url": "{base}", "api": api, "custom": "{model}"}}
	}
	return Agent{
		Name: "pi", Program: "pi", Package: "@mariozechner/pi-coding-agent", Tested: "0.73.1",
		Speaks: []Speech{
			{Wire: responses, Upstreams: []string{"openai"}, Set: map[string]string{"id": "openai", "url": "{base}"}},
			{Wire: messages, Upstreams: []string{"anthropic"}, Set: map[string]string{"id": "anthropic", "url": "{base}"}},
			{Wire: generate, Set: map[string]string{"id": "google", "url": "{base}/v1beta"}},
			{Wire: chat, Upstreams: []string{"xai", "groq", "openrouter", "deepseek"}, Set: map[string]string{"id": "{upstream}", "url": "{base}"}},
			custom(chat, "openai-completions"),
			custom(responses, "openai-responses"),
			custom(messages, "anthropic-messages"),
		},
		Argv:  [][]string{{"-p", "--mode", "text", "--no-extensions", "--provider", "{id}", "--model", "{model}"}, {"--thinking", "{effort}"}},
		Stdin: "{prompt}",
		Env:   map[string]string{"PI_OFFLINE": "1", "PI_TELEMETRY": "0"},
		Files: map[string]map[string]any{
			".pi/agent/models.json": {"providers": map[string]any{"{id}": map[string]any{
				"baseUrl": "{url}", "api": "{api}", "apiKey": "{token}",
				"models": []any{map[string]any{"id": "{custom}", "reasoning": When{"effort", When{"custom", true}}}},
			}}},
			".pi/agent/settings.json": {"retry": map[string]any{"enabled": true, "maxRetries": 4}},
		},
		Values: map[string][]string{"effort": {"off", "minimal", "low", "medium", "high", "xhigh"}},
		Hide:   []string{".pi"},
		Report: piReport,
	}
}

// piReport adds up the messages in the session's log, also what is known of one that was cut.
func piReport(s *said) (*usage.SelfReport, error) {
	var sum tally
	err := s.lines(".pi/agent/sessions/*/*.jsonl", func(line []byte) error {
		var l struct {
			Type    string
			Message struct {
				Role  string
				Usage struct {
					Input, Output, CacheRead, CacheWrite usage.Count
					Cost                                 struct{ Total json.Number }
				}
			}
		}
		if !s.reads(line, `"usage"`, &l) || l.Type != "message" || l.Message.Role != "assistant" {
			return nil
		}
		u := l.Message.Usage
		sum.add(usage.Tokens{Input: u.Input, CacheRead: u.CacheRead, CacheCreation: u.CacheWrite, Output: u.Output})
		sum.usd(u.Cost.Total)
		return nil
	})
	return sum.report(), err
}
