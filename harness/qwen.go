package harness

import "github.com/pertask/pertask/usage"

// qwen is Qwen Code. It takes the settings of any project, so they have to be hidden.
func qwen() Agent {
	return Agent{
		Name: "qwen", Program: "qwen", Package: "@qwen-code/qwen-code", Tested: "0.15.10",
		Speaks: []Speech{
			// With sampling parameters of its own it leaves the effort out, and by this way it does not.
			{Wire: chat, Set: map[string]string{"type": "openai", "openai": "{base}",
				"temperature_in_body": "{temperature}", "max_tokens_in_body": "{max_output_tokens}", "effort_in_body": "{effort}"}},
			{Wire: messages, Set: map[string]string{"type": "anthropic", "anthropic": "{base}", "max_tokens": "{max_output_tokens}", "reasoning": "{effort}"}},
		},
		Argv:  [][]string{{"--auth-type={type}", "--model={model}", "--output-format=text", "--yolo"}},
		Stdin: "{prompt}",
		Env: map[string]string{
			"OPENAI_BASE_URL": "{openai}", "OPENAI_API_KEY": "{token}",
			"ANTHROPIC_BASE_URL": "{anthropic}", "ANTHROPIC_API_KEY": "{token}",
		},
		Files: map[string]map[string]any{".qwen/settings.json": {
			"privacy": map[string]any{"usageStatisticsEnabled": false},
			"memory":  map[string]any{"enableManagedAutoMemory": false},
			"general": map[string]any{"enableAutoUpdate": false, "disableAutoUpdate": true},
			"model": map[string]any{"generationConfig": map[string]any{
				"maxRetries":     4,
				"samplingParams": map[string]any{"max_tokens": Number("{max_tokens}")},
				"reasoning":      map[string]any{"effort": "{reasoning}"},
				"extra_body": map[string]any{"temperature": Number("{temperature_in_body}"), "max_tokens": Number("{max_tokens_in_body}"),
					"reasoning": map[string]any{"effort": "{effort_in_body}"}},
			}},
		}},
		// A variable in .env could name other settings that it takes before all.
		Hide:   []string{".qwen/settings.json", ".qwen/.env", ".env"},
		Report: qwenReport,
	}
}

// qwenReport adds up the answers in the session's log, those of its sub-agents and of its memory too.
func qwenReport(s *said) (*usage.SelfReport, error) {
	var sum tally
	err := s.lines(".qwen/projects/*/chats/*.jsonl", func(line []byte) error {
		var l struct {
			Payload struct {
				Event struct {
					Name     string      `json:"event.name"`
					Input    usage.Count `json:"input_token_count"` // with what was read from the cache
					Cached   usage.Count `json:"cached_content_token_count"`
					Output   usage.Count `json:"output_token_count"` // with thoughts
					Thoughts usage.Count `json:"thoughts_token_count"`
				} `json:"uiEvent"`
			} `json:"systemPayload"`
		}
		if !s.reads(line, "qwen-code.api_response", &l) || l.Payload.Event.Name != "qwen-code.api_response" {
			return nil
		}
		e := l.Payload.Event
		sum.add(usage.Tokens{Input: minus(e.Input, e.Cached), CacheRead: e.Cached, Output: e.Output, Reasoning: e.Thoughts})
		return nil
	})
	return sum.report(), err
}
