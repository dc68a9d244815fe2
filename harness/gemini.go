package harness

import "github.com/pertask/pertask/usage"

// geminiCLI is Google's Gemini CLI. It reads the project's instructions, and its settings only in a folder that it was
// told to trust for good.
func geminiCLI() Agent {
	return Agent{
		Name: "gemini", Program: "gemini", Package: "@google/gemini-cli", Tested: "0.61.0",
		Speaks: []Speech{{Wire: generate}},
		Argv:   [][]string{{"--skip-trust", "--approval-mode=yolo", "--output-format=text", "--model={model}"}},
		Stdin:  "{prompt}",
		Env:    map[string]string{"GOOGLE_GEMINI_BASE_URL": "{base}", "GEMINI_API_KEY": "{token}"},
		Files: map[string]map[string]any{".gemini/settings.json": {
			"security": map[string]any{"auth": map[string]any{"selectedType": "gemini-api-key"}},
			"privacy":  map[string]any{"usageStatisticsEnabled": false},
			"general":  map[string]any{"enableAutoUpdate": false, "enableAutoUpdateNotification": false, "maxAttempts": 5},
			"modelConfigs": map[string]any{"customOverrides": []any{map[string]any{
				"match": map[string]any{"model": "{model}"},
				"modelConfig": map[string]any{"generateContentConfig": map[string]any{
					"temperature":     Number("{temperature}"),
					"maxOutputTokens": Number("{max_output_tokens}"),
					"thinkingConfig":  map[string]any{"thinkingBudget": Number("{thinking_budget}"), "thinkingLevel": "{effort}"},
				}},
			}}},
		}},
		Besides: map[string][]string{"thinking_budget": {"-1"}}, // the model's own choice
		Hide:    []string{".gemini/settings.json", ".gemini/.env"},
		Report:  geminiReport,
	}
}

// geminiReport adds up the messages in the session's log. A message is there again when its tools have answered. The
// call by which the model "auto" chooses another is not there.
func geminiReport(s *said) (*usage.SelfReport, error) {
	last := map[string]usage.Tokens{}
	err := s.lines(".gemini/tmp/*/chats/*.jsonl", func(line []byte) error {
		var l struct {
			ID, Type string
			Tokens   *struct {
				Input    usage.Count // with what was read from the cache
				Cached   usage.Count
				Tool     usage.Count
				Output   usage.Count
				Thoughts usage.Count
			}
		}
		if !s.reads(line, `"tokens"`, &l) || l.Type != "gemini" || l.Tokens == nil {
			return nil
		}
		if l.ID == "" {
			s.torn = true // it could be one that is there already, or another
			return nil
		}
		u := l.Tokens
		last[l.ID] = usage.Tokens{Input: minus(u.Input, u.Cached).Plus(u.Tool), CacheRead: u.Cached, Output: u.Output.Plus(u.Thoughts), Reasoning: u.Thoughts}
		return nil
	})
	var sum tally
	for _, t := range last {
		sum.add(t)
	}
	return sum.report(), err
}
