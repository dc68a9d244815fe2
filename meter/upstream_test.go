package meter_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/meter/format"
)

// TestDefaultUpstreams holds what configurations and documentation build on: who bills under which name, how each
// is spoken to, and which upstream of a provider is the first.
func TestDefaultUpstreams(t *testing.T) {
	type facts struct {
		Name, Provider string
		Dialect        format.Dialect
		Auth           meter.Auth
		KeyEnv         string
	}
	var got []facts
	first := map[string]string{}
	for _, u := range meter.DefaultUpstreams() {
		got = append(got, facts{u.Name, u.Provider, u.Dialect, u.Auth, u.KeyEnv})
		if first[u.Provider] == "" {
			first[u.Provider] = u.Name
		}
	}
	want := []facts{
		{"openai", "openai", format.OpenAI, meter.Bearer, "OPENAI_API_KEY"},
		{"anthropic", "anthropic", format.Anthropic, meter.XAPIKey, "ANTHROPIC_API_KEY"},
		{"google", "google", format.Compatible, meter.Bearer, "GEMINI_API_KEY"},
		{"gemini", "google", format.Gemini, meter.XGoog, "GEMINI_API_KEY"},
		{"openrouter", "openrouter", format.OpenRouter, meter.Bearer, "OPENROUTER_API_KEY"},
		{"xai", "x-ai", format.XAI, meter.Bearer, "XAI_API_KEY"},
		{"deepseek", "deepseek", format.DeepSeek, meter.Bearer, "DEEPSEEK_API_KEY"},
		{"groq", "groq", format.Groq, meter.Bearer, "GROQ_API_KEY"},
		{"mistral", "mistral", format.Mistral, meter.Bearer, "MISTRAL_API_KEY"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("upstreams differ (-want +got):\n%s", diff)
	}
	if first["google"] != "google" {
		t.Errorf("the first upstream of Google is %q", first["google"])
	}
}
