package harness

import (
	"encoding/json"

	"github.com/pertask/pertask/usage"
)

// cline is the Cline CLI. It is given the file that its command auth would write. It leaves a daemon behind, which ends
// with the trial.
func cline() Agent {
	return Agent{
		Name: "cline", Program: "cline", Package: "cline", Tested: "3.0.65",
		Speaks: []Speech{
			{Wire: chat, Set: map[string]string{"id": "openai-compatible", "url": "{base}"}},
			{Wire: messages, Set: map[string]string{"id": "anthropic", "url": "{base}/v1"}},
		},
		Argv: [][]string{
			{"--json", "--auto-approve=true", "--provider={id}", "--model={model}"},
			{"--thinking={effort}"},
			{"--", "{prompt}"},
		},
		Env: map[string]string{"CLINE_NO_AUTO_UPDATE": "1"},
		Files: map[string]map[string]any{".cline/data/settings/providers.json": {
			"version": 1, "lastUsedProvider": "{id}", "modes": map[string]any{},
			"providers": map[string]any{"{id}": map[string]any{
				"settings":    map[string]any{"provider": "{id}", "apiKey": "{token}", "model": "{model}", "baseUrl": "{url}"},
				"updatedAt":   "2026-01-01T00:00:00.000Z",
				"tokenSource": "manual",
			}},
		}},
		Values: map[string][]string{"effort": {"none", "low", "medium", "high", "xhigh"}},
		// It is built with Bun, which loads these before the program begins: programs, and variables that would lead it
		// to other settings.
		Hide: []string{".cline", ".clinerules", "bunfig.toml", ".env", ".env.local", ".env.development", ".env.development.local",
			".env.production", ".env.production.local", ".env.test", ".env.test.local"},
		Report: clineReport,
	}
}

// clineReport reads the sums with which it ends. A session that was killed has none.
func clineReport(s *said) (*usage.SelfReport, error) {
	var sum tally
	err := s.answers(func(line []byte) error {
		var l struct {
			Type  string
			Usage struct {
				Input      usage.Count `json:"inputTokens"` // with what was read from the cache and written to it
				CacheRead  usage.Count `json:"cacheReadTokens"`
				CacheWrite usage.Count `json:"cacheWriteTokens"`
				Output     usage.Count `json:"outputTokens"`
				USD        json.Number `json:"totalCost"`
			} `json:"aggregateUsage"`
		}
		if !s.reads(line, `"run_result"`, &l) || l.Type != "run_result" {
			return nil
		}
		u := l.Usage
		sum.add(usage.Tokens{Input: minus(minus(u.Input, u.CacheRead), u.CacheWrite), CacheRead: u.CacheRead, CacheCreation: u.CacheWrite, Output: u.Output})
		sum.usd(u.USD)
		return nil
	})
	return sum.report(), err
}
