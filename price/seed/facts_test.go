package seed_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// TestFactsOfTheBook holds what is easy to get wrong: the limits of bands, the hours and days of prices, and the
// figures that are no simple multiple of others. The instants and the figures were typed from what the decisions
// name as sources, not from the book.
func TestFactsOfTheBook(t *testing.T) {
	const now = "2026-11-22T12:00:00Z"
	for _, c := range []struct {
		provider, model, tier, at string
		input, cached, output     int64
		attributes                string // key=value
		usd                       string // of these tokens; "" is unknown
	}{
		{"openai", "gpt-5.4", "flex", now, 0, 1e6 / 10, 0, "", "0.013"},                 // not half of 0.25
		{"openai", "gpt-5.4", "batch", now, 0, 1e6 / 10, 0, "", "0.013"},                // as flex
		{"openai", "gpt-5.4", "", now, 272000, 0, 0, "", "0.68"},                        // the limit is short
		{"openai", "gpt-5.4", "", now, 272001, 0, 0, "", "1.360005"},                    // all of it is long
		{"openai", "gpt-5.4", "priority", now, 272001, 0, 0, "", ""},                    // not offered
		{"openai", "gpt-5.5-pro", "", now, 0, 1000, 0, "", "0.03"},                      // no cached rate: input
		{"openai", "gpt-5.5", "fast", now, 1000, 0, 0, "", "0.0125"},                    // 2.5 times
		{"openai", "gpt-5-mini", "priority", now, 1000, 0, 0, "", "0.00045"},            // 1.8 times
		{"openai", "gpt-5.6-sol", "", "2026-08-20T12:00:00Z", 1000, 0, 0, "", "0.005"},  // before the cut
		{"openai", "gpt-5.6", "", now, 1000, 0, 0, "", "0.004"},                         // another name of sol
		{"openai", "gpt-5.6-luna", "", "2026-07-29T12:00:00Z", 1000, 0, 0, "", "0.001"}, // before the cut
		{"openai", "gpt-6-astra", "", now, 272001, 0, 0, "", "5.44002"},
		{"openai", "o3", "", "2025-06-01T00:00:00Z", 0, 1000, 0, "", ""}, // the cached rate of then is not known
		{"openai", "gpt-5.5", "ultrafast", now, 1000, 0, 0, "", ""},

		{"anthropic", "claude-opus-4-6", "", "2026-03-12T12:00:00Z", 250000, 0, 0, "", "2.5"}, // the surcharge above 200K
		{"anthropic", "claude-opus-4-6", "", "2026-03-13T12:00:00Z", 250000, 0, 0, "", "1.25"},
		{"anthropic", "claude-haiku-5-5", "", now, 100000, 0, 0, "", "0.01"},
		{"anthropic", "claude-haiku-5-5", "", now, 10000, 90001, 0, "", "0.00950005"}, // the cache counts
		{"anthropic", "claude-sonnet-5-5", "", "2026-10-06T12:00:00Z", 0, 1e6, 0, "", "0.2"},
		{"anthropic", "claude-sonnet-5-5", "", "2026-10-07T12:00:00Z", 0, 1e6, 0, "", "0.1"},
		{"anthropic", "claude-opus-4-6", "", now, 1000, 0, 0, "speed=fast", "0.03"},
		{"anthropic", "claude-opus-5-5", "", now, 1000, 0, 0, "speed=fast", "0.008"},
		{"anthropic", "claude-fable-5-2", "", now, 1000, 0, 0, "", "0.008"},

		{"google", "gemini-2.5-pro", "", now, 200000, 0, 0, "", "0.25"},
		{"google", "gemini-2.5-pro", "", now, 200001, 0, 0, "", "0.5000025"},
		{"google", "gemini-2.5-pro", "flex", now, 1000, 0, 0, "", "0.000625"},
		{"google", "gemini-2.5-pro", "priority", now, 200001, 0, 0, "", "0.9000045"},
		{"google", "gemini-2.5-pro", "flex", now, 0, 1000, 0, "", ""}, // no source has the cached rate
		{"google", "gemini-3.5-flash", "batch", now, 1000, 0, 0, "", "0.00075"},
		{"google", "gemini-3.8-flash", "", "2027-01-01T00:00:00Z", 1000, 0, 0, "", "0.0015"}, // after the promotion

		{"x-ai", "grok-4.20", "", now, 199999, 0, 0, "", "0.24999875"},
		{"x-ai", "grok-4.20", "", now, 200000, 0, 0, "", "0.5"}, // the limit is long
		{"x-ai", "grok-4.5", "", now, 100000, 100000, 0, "", "0.46"},
		{"x-ai", "grok-4.7", "", now, 200000, 0, 1000, "", "0.812"},
		{"x-ai", "grok-4-fast", "", now, 128000, 0, 0, "", ""}, // what a long context costs is not known

		{"deepseek", "deepseek-v4-pro", "", "2026-08-16T15:59:59Z", 1e6, 0, 0, "", "0.435"},
		{"deepseek", "deepseek-v4-pro", "", "2026-08-16T16:00:00Z", 1e6, 0, 0, "", "0.66"},
		{"deepseek", "deepseek-v4-pro", "", "2026-11-18T00:59:59Z", 1e6, 0, 0, "", "0.66"},
		{"deepseek", "deepseek-v4-pro", "", "2026-11-18T01:00:00Z", 1e6, 0, 0, "", "1.32"}, // a Wednesday
		{"deepseek", "deepseek-v4-pro", "", "2026-11-18T03:59:59Z", 0, 1e6, 0, "", "0.044"},
		{"deepseek", "deepseek-v4-pro", "", "2026-11-18T04:00:00Z", 1e6, 0, 0, "", "0.66"},
		{"deepseek", "deepseek-v4-pro", "", "2026-11-18T09:59:59Z", 0, 0, 1e6, "", "3.96"},
		{"deepseek", "deepseek-v4-pro", "", "2026-11-18T10:00:00Z", 0, 0, 1e6, "", "1.98"},
		{"deepseek", "deepseek-v4-pro", "", "2026-11-22T02:00:00Z", 1e6, 0, 0, "", "0.66"}, // a Sunday
		{"deepseek", "deepseek-v4-pro", "", "2026-10-01T02:00:00Z", 1e6, 0, 0, "", "0.66"}, // the National Day
		{"deepseek", "deepseek-v4-pro", "", "2026-10-08T02:00:00Z", 1e6, 0, 0, "", "1.32"}, // the day after the holidays
		{"deepseek", "deepseek-v4-pro", "", "2027-01-04T02:00:00Z", 1e6, 0, 0, "", ""},     // the holidays are not known
		{"deepseek", "deepseek-v4-flash", "", "2026-09-09T12:00:00Z", 1e6, 0, 0, "", "0.22"},
		{"deepseek", "deepseek-flash", "", "2026-11-18T02:00:00Z", 1e6, 0, 0, "", "0.3"},

		{"azure-openai", "gpt-5.5-2026-04-24", "", now, 1000, 0, 0, "", "0.005"},
		{"azure-openai", "gpt-5.5", "priority", now, 1000, 0, 0, "", ""}, // no source has Azure's tiers
		{"bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "", now, 1e5, 0, 0, "inference_profile=us", "0.33"},
		{"bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "", now, 1e5, 0, 0, "inference_profile=eu", "0.33"},
		{"bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "", now, 1e5, 0, 0, "inference_profile=global", "0.3"},
		{"bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "", now, 1e5, 0, 0, "inference_profile=us-gov", ""},
		{"bedrock", "claude-sonnet-4-5-20250929", "", now, 1e5, 0, 0, "inference_profile=apac", "0.33"}, // as InvokeModel's answer names it
		{"bedrock", "anthropic.claude-3-7-sonnet-20250219-v1:0", "", now, 1e5, 0, 0, "inference_profile=us", "0.3"},
		{"vertex", "claude-sonnet-4-5@20250929", "", now, 1e5, 0, 0, "", "0.3"},
		{"vertex", "claude-opus-4-6", "", now, 250000, 0, 0, "", "1.25"},
		{"vertex", "gemini-2.5-pro", "flex", now, 1000, 0, 0, "", "0.000625"},
		{"vertex", "gemini-2.5-pro", "", now, 200001, 0, 0, "", "0.5000025"},

		{"groq", "openai/gpt-oss-120b", "flex", now, 1e6, 0, 0, "", "0.15"}, // costs the same
		{"mistral", "mistral-large-latest", "", now, 1e6, 0, 0, "", "0.5"},
		{"moonshot", "kimi-k3", "", now, 1e6, 0, 0, "", "3"},
		{"minimax", "minimax-m3", "", now, 512001, 0, 0, "", "0.3072006"},
		{"openrouter", "openai/gpt-5.5", "", now, 1000, 0, 0, "", ""}, // it reports its own costs
	} {
		name := strings.Join([]string{c.provider, c.model, c.tier, c.attributes, c.at}, " ")
		t.Run(name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, c.at)
			if err != nil {
				t.Fatal(err)
			}
			tokens := usage.None()
			tokens.Input, tokens.CacheRead, tokens.Output = usage.Known(c.input), usage.Known(c.cached), usage.Known(c.output)
			call := usage.Call{Schema: usage.CallSchema, Provider: c.provider, ServedModel: c.model, ServedTier: c.tier, Coverage: usage.Complete, Tokens: tokens}
			if k, v, ok := strings.Cut(c.attributes, "="); ok {
				call.Attributes = map[string]string{k: v}
			}
			priced := price.Pricing{Book: price.Embedded(), At: at}.Call(call)
			got := ""
			if m, known := priced.Cost.Amount.Value(); known {
				got = m.String()
			}
			if got != c.usd {
				t.Errorf("costs %q, want %q (row %q, missing %q)", got, c.usd, priced.Row, priced.Missing)
			}
		})
	}
}
