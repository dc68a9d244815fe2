package harness

import (
	"encoding/json"

	"github.com/pertask/pertask/usage"
)

// claudeCode is Anthropic's Claude Code. It reads the project's CLAUDE.md, which is a part of the work, only together
// with the project's settings; those are hidden, and what is set here by flag would win over them.
func claudeCode() Agent {
	return Agent{
		Name: "claude-code", Program: "claude", Package: "@anthropic-ai/claude-code", Tested: "2.1.330",
		Speaks: []Speech{{Wire: messages}},
		Argv: [][]string{
			{"-p", "--output-format=text", "--dangerously-skip-permissions", "--strict-mcp-config", "--setting-sources=user,project"},
			{"--model={model}"},
			{"--effort={effort}"},
		},
		Stdin: "{prompt}",
		Env: map[string]string{
			"ANTHROPIC_BASE_URL":                       "{base}",
			"ANTHROPIC_API_KEY":                        "{token}",
			"ANTHROPIC_SMALL_FAST_MODEL":               "{small.model}", // an older name of the next
			"ANTHROPIC_DEFAULT_HAIKU_MODEL":            "{haiku.model}",
			"ANTHROPIC_DEFAULT_SONNET_MODEL":           "{sonnet.model}",
			"ANTHROPIC_DEFAULT_OPUS_MODEL":             "{opus.model}",
			"CLAUDE_CODE_SUBAGENT_MODEL":               "{subagent.model}",
			"MAX_THINKING_TOKENS":                      "{thinking_budget}",
			"CLAUDE_CODE_MAX_OUTPUT_TOKENS":            "{max_output_tokens}",
			"CLAUDE_CODE_MAX_RETRIES":                  "4",
			"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
			"DISABLE_AUTOUPDATER":                      "1",
			"IS_SANDBOX":                               "1", // lets root skip permissions
		},
		Files: map[string]map[string]any{".claude/settings.json": {"autoMemoryEnabled": false}},
		// It warns about other efforts and goes on without.
		Values: map[string][]string{"effort": {"low", "medium", "high", "xhigh", "max"}},
		Hide:   []string{".claude/settings.json", ".claude/settings.local.json", ".mcp.json"},
		Report: claudeReport,
	}
}

// claudeReport reads the last cost of each session's log. Tokens of an answer that was cut are not in it.
func claudeReport(s *said) (*usage.SelfReport, error) {
	type state struct {
		Type    string
		Session string      `json:"sessionId"`
		USD     json.Number `json:"totalCostUSD"`
		Unknown bool        `json:"hasUnknownModelCost"`
		Models  map[string]struct {
			Input      usage.Count `json:"inputTokens"` // uncached
			CacheRead  usage.Count `json:"cacheReadInputTokens"`
			CacheWrite usage.Count `json:"cacheCreationInputTokens"`
			Output     usage.Count `json:"outputTokens"`
			Thinking   usage.Count `json:"thinkingTokens"`
		} `json:"modelUsage"`
	}
	last := map[string]state{}
	err := s.lines(".claude/projects/*/*.jsonl", func(line []byte) error {
		var l state
		if !s.reads(line, "cost-state", &l) || l.Type != "cost-state" {
			return nil
		}
		s.torn = s.torn || l.Session == "" // it could be one that is there already, or another
		last[l.Session] = l
		return nil
	})
	var sum tally
	for _, l := range last {
		for _, m := range l.Models {
			sum.add(usage.Tokens{Input: m.Input, CacheRead: m.CacheRead, CacheCreation: m.CacheWrite, Output: m.Output, Reasoning: m.Thinking})
		}
		if l.Unknown {
			sum.noUSD() // the price of a model that it does not know is made up
		} else {
			sum.usd(l.USD)
		}
	}
	return sum.report(), err
}
