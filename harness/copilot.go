package harness

import "github.com/pertask/pertask/usage"

// copilot is GitHub's Copilot CLI with a provider of one's own, which needs no login. It takes settings from a project
// only when it is told to trust it.
func copilot() Agent {
	return Agent{
		Name: "copilot", Program: "copilot", Package: "@github/copilot", Tested: "1.0.102",
		Speaks: []Speech{
			{Wire: responses, Set: map[string]string{"type": "openai", "api": "responses"}},
			{Wire: chat, Set: map[string]string{"type": "openai", "api": "completions"}},
			{Wire: messages, Set: map[string]string{"type": "anthropic"}},
		},
		Argv:  [][]string{{"--allow-all-tools", "--allow-all-paths", "--silent", "--no-color", "--disable-builtin-mcps", "--no-auto-update"}, {"--reasoning-effort={effort}"}},
		Stdin: "{prompt}",
		Env: map[string]string{
			"COPILOT_PROVIDER_BASE_URL": "{base}", "COPILOT_PROVIDER_TYPE": "{type}", "COPILOT_PROVIDER_WIRE_API": "{api}",
			"COPILOT_PROVIDER_API_KEY": "{token}", "COPILOT_PROVIDER_TRANSPORT": "http",
			"COPILOT_MODEL": "{model}", "COPILOT_PROVIDER_MAX_OUTPUT_TOKENS": "{max_output_tokens}", "COPILOT_OFFLINE": "true",
		},
		Values: map[string][]string{"effort": {"none", "minimal", "low", "medium", "high", "xhigh", "max"}},
		Report: copilotReport,
	}
}

// copilotReport reads the sums at the end of the session's log. A session that was killed has none.
func copilotReport(s *said) (*usage.SelfReport, error) {
	var sum tally
	err := s.lines(".copilot/session-state/*/events.jsonl", func(line []byte) error {
		var l struct {
			Type string
			Data struct {
				Models map[string]struct {
					Usage struct {
						Input      usage.Count `json:"inputTokens"` // with what was read from the cache and written to it
						CacheRead  usage.Count `json:"cacheReadTokens"`
						CacheWrite usage.Count `json:"cacheWriteTokens"`
						Output     usage.Count `json:"outputTokens"`
						Reasoning  usage.Count `json:"reasoningTokens"`
					}
				} `json:"modelMetrics"`
			}
		}
		if !s.reads(line, "session.shutdown", &l) || l.Type != "session.shutdown" {
			return nil
		}
		for _, m := range l.Data.Models {
			u := m.Usage
			sum.add(usage.Tokens{Input: minus(minus(u.Input, u.CacheRead), u.CacheWrite), CacheRead: u.CacheRead, CacheCreation: u.CacheWrite,
				Output: u.Output, Reasoning: u.Reasoning})
		}
		return nil
	})
	return sum.report(), err
}
