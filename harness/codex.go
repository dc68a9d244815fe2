package harness

import "github.com/pertask/pertask/usage"

// codex is OpenAI's Codex CLI. Everything is in the file that is written for it, because the values of its flag -c are
// read as TOML and could be more than text. A provider of its own makes it speak HTTP; the built-in one, whose base
// URL can be set as well, speaks over a web socket. It takes nothing from the files of a project that it was not told
// to trust.
func codex() Agent {
	return Agent{
		Name: "codex", Program: "codex", Package: "@openai/codex", Tested: "0.169.0",
		Speaks: []Speech{{Wire: responses}},
		Argv:   [][]string{{"exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "--color=never", "-"}},
		Stdin:  "{prompt}",
		Env:    map[string]string{"CODEX_HOME": "{home}/.codex", "PERTASK_KEY": "{token}"},
		Files: map[string]map[string]any{".codex/config.toml": {
			"model":                       "{model}",
			"model_reasoning_effort":      "{effort}",
			"service_tier":                "{service_tier}",
			"model_verbosity":             "{verbosity}",
			"model_provider":              "pertask",
			"check_for_update_on_startup": false,
			"model_providers": map[string]any{"pertask": map[string]any{
				"name": "pertask", "base_url": "{base}", "env_key": "PERTASK_KEY", "wire_api": "responses",
				"request_max_retries": 4, "stream_max_retries": 5,
			}},
			"analytics": map[string]any{"enabled": false},
			"history":   map[string]any{"persistence": "none"},
			"features":  map[string]any{"plugins": false, "memories": false, "unbounded_connection_retries": false},
		}},
		Report: codexReport,
	}
}

type codexUsage struct {
	Input      usage.Count `json:"input_tokens"` // with what was read from the cache and written to it
	CacheRead  usage.Count `json:"cached_input_tokens"`
	CacheWrite usage.Count `json:"cache_write_input_tokens"`
	Output     usage.Count `json:"output_tokens"` // with reasoning
	Reasoning  usage.Count `json:"reasoning_output_tokens"`
}

// codexReport adds up the answers in the session's log, of which each sub-agent has its own. An answer that was cut is
// not in it, and neither is anything of a request that failed.
func codexReport(s *said) (*usage.SelfReport, error) {
	var sum tally
	seen := map[string]bool{}
	err := s.lines(".codex/sessions/*/*/*/rollout-*.jsonl", func(line []byte) error {
		var l struct {
			Type    string
			Payload struct {
				ID    string `json:"response_id"`
				Usage codexUsage
			}
		}
		if !s.reads(line, "token_usage_record", &l) || l.Type != "token_usage_record" {
			return nil
		}
		// A sub-agent's log may begin with its parent's.
		if id := l.Payload.ID; id != "" && seen[id] {
			return nil
		}
		seen[l.Payload.ID] = true
		u := l.Payload.Usage
		sum.add(usage.Tokens{Input: minus(minus(u.Input, u.CacheRead), u.CacheWrite), CacheRead: u.CacheRead, CacheCreation: u.CacheWrite,
			Output: u.Output, Reasoning: u.Reasoning})
		return nil
	})
	return sum.report(), err
}
