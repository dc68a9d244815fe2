package prices_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/command"
)

// litellmFile writes a price file in LiteLLM's form.
func litellmFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model_prices_and_context_window.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPricesDiff(t *testing.T) {
	same := `"gpt-4.1": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06, "cache_read_input_token_cost": 5e-07}`
	agrees := litellmFile(t, "{"+same+"}")
	stdout, stderr, code := pertask("prices", "diff", agrees)
	if code != command.ExitOK || stderr != "" || !strings.Contains(stdout, "1 prices read, 0 differences") {
		t.Errorf("the same price: exit %d, %s\n%s", code, stderr, stdout)
	}
	differs := litellmFile(t, `{"gpt-4.1": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 9e-06, "output_cost_per_token": 8e-06, "cache_read_input_token_cost": 5e-07},
		"gpt-99": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}}`)
	patch := filepath.Join(t.TempDir(), "patch.json")
	stdout, stderr, code = pertask("prices", "diff", differs, "--patch", patch)
	if code != command.ExitVerdict || stderr != "" || !strings.HasPrefix(stdout, "openai\n") || !strings.Contains(stdout, "2 differences") {
		t.Errorf("exit %d, %s\n%s", code, stderr, stdout)
	}
	for _, want := range [][]string{{"changed", "gpt-4.1", "standard", "input", "2", "9", "litellm"}, {"added", "gpt-99", "1 in, 2 out"}} {
		found := false
		for _, line := range strings.Split(stdout, "\n") {
			all := true
			for _, w := range want {
				all = all && strings.Contains(line, w)
			}
			found = found || all
		}
		if !found {
			t.Errorf("no line has %q:\n%s", want, stdout)
		}
	}
	text, err := os.ReadFile(patch)
	if err != nil || !json.Valid(text) || !strings.Contains(string(text), "gpt-99") {
		t.Errorf("patch: %v\n%s", err, text)
	}
}

func TestPricesDiffMistakes(t *testing.T) {
	for _, args := range [][]string{{}, {"no-such-file.json"}, {litellmFile(t, "[]")}, {litellmFile(t, "{")}, {"--nonsense"}} {
		stdout, stderr, code := pertask(append([]string{"prices", "diff"}, args...)...)
		if code != command.ExitUsage || stdout != "" || stderr == "" {
			t.Errorf("%q: exit %d, %q, %q", args, code, stdout, stderr)
		}
	}
}
