package harness_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/harness"
	"github.com/pertask/pertask/trial"
)

// start starts an agent's job whose main model is at one provider and whose small one is at another.
func start(name, main, small string) (trial.Process, error) {
	return harness.All()[name].Start(job(main, set(arm.Model, "big"), in("small", arm.Model, "little"), in("small", arm.Provider, small)))
}

// Each model is asked at its own provider, or the job is refused.
func TestSlotsAtOtherProviders(t *testing.T) {
	for _, c := range []struct{ agent, main, small, big, little string }{
		{"opencode", "mistral", "deepseek", "mistral", "deepseek"},
		{"opencode", "openai", "mistral", "openai", "mistral"},
		{"crush", "mistral", "deepseek", "mistral", "deepseek"},
		{"crush", "openai", "mistral", "openai", "mistral"},
		{"crush", "mistral", "mistral", "mistral", "mistral"},
	} {
		t.Run(c.agent+" "+c.main+" "+c.small, func(t *testing.T) {
			p, err := start(c.agent, c.main, c.small)
			if err != nil {
				t.Fatal(err)
			}
			big, little := servers(t, c.agent, p)
			if !strings.HasPrefix(big, proxy+c.big) || !strings.HasPrefix(little, proxy+c.little) {
				t.Errorf("the models are asked at %s and %s", big, little)
			}
		})
	}
	if p, err := start("claude-code", "anthropic", "deepseek"); err == nil || !strings.Contains(err.Error(), "one provider") {
		t.Errorf("got %v, %v", p.Env, err)
	}
}

// servers returns the addresses at which the file of an agent has the models "big" and "little".
func servers(t *testing.T, agent string, p trial.Process) (big, little string) {
	t.Helper()
	var file struct {
		Model     string
		Small     string `json:"small_model"`
		Models    map[string]struct{ Provider string }
		Provider  map[string]struct{ Options struct{ BaseURL string } }
		Providers map[string]struct {
			BaseURL string `json:"base_url"`
			Models  []struct{ ID string }
		}
	}
	path := map[string]string{"opencode": ".config/opencode/opencode.json", "crush": ".config/crush/crush.json"}[agent]
	if err := json.Unmarshal(p.Files[path], &file); err != nil {
		t.Fatal(err)
	}
	if agent == "opencode" {
		id := func(model string) string { id, _, _ := strings.Cut(model, "/"); return id }
		return file.Provider[id(file.Model)].Options.BaseURL, file.Provider[id(file.Small)].Options.BaseURL
	}
	at := func(slot, model string) string {
		s := file.Providers[file.Models[slot].Provider]
		known := s.Models == nil // a well-known provider, whose models the agent knows
		for _, m := range s.Models {
			known = known || m.ID == model
		}
		if !known {
			t.Errorf("%s does not declare %s", file.Models[slot].Provider, model)
		}
		return s.BaseURL
	}
	return at("large", "big"), at("small", "little")
}
