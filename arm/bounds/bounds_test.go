package bounds_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/arm/bounds"
	"github.com/pertask/pertask/internal/document"
)

func TestCheck(t *testing.T) {
	tests := []struct {
		setting string
		allowed []string
		refused []string
	}{
		{"model", []string{"gpt-5.4", "z-ai/glm-5", "opus plan"}, []string{"", "-m", " x", "$(id)", "a\nb", strings.Repeat("x", 257)}},
		{"provider", []string{"openai"}, []string{"open;ai"}},
		{"effort", []string{"high"}, []string{"`high`"}},
		{"temperature", []string{"0", "0.2", ".5", "1e-1", "-1"}, []string{"", ".", "warm", "0.2; id"}},
		{"max_output_tokens", []string{"4096", "4_096"}, []string{"", "-1", "4k", "1.5"}},
		{"thinking_budget", []string{"0", "-1", "8k", "1.5M"}, []string{"", "k", "8kk", "8 k"}},
		{"base_url", []string{"https://x.example/v1?a=b"}, []string{"a\x00", "a\u202eb"}},
		{"whatever", []string{"", "-any; thing"}, []string{"two\nlines"}},
	}
	for _, tt := range tests {
		for _, value := range tt.allowed {
			if why := bounds.Check(tt.setting, value); why != "" {
				t.Errorf("%s %q is refused: %s", tt.setting, value, why)
			}
		}
		for _, value := range tt.refused {
			if why := bounds.Check(tt.setting, value); !strings.Contains(why, "allowed") {
				t.Errorf("%s %q gives %q, want what is allowed", tt.setting, value, why)
			}
		}
	}
}

func TestNumber(t *testing.T) {
	tests := []struct {
		setting         string
		allowed, refuse []string
	}{
		{"temperature", []string{"0", "0.7", "1"}, []string{"", ".5", "1.", "-1", "1e1", "warm"}},
		{"max_output_tokens", []string{"1", "8000"}, []string{"", "0", "8k", "1_000", "010"}},
		{"thinking_budget", []string{"0", "8000"}, []string{"", "-1", "8k", "0x10"}},
		{"model", []string{"8k", ""}, nil},
	}
	for _, tt := range tests {
		for _, value := range tt.allowed {
			if what, ok := bounds.Number(tt.setting, value); !ok || what != "" {
				t.Errorf("%s %q is refused: %s", tt.setting, value, what)
			}
		}
		for _, value := range tt.refuse {
			if what, ok := bounds.Number(tt.setting, value); ok || !strings.Contains(what, "number from") {
				t.Errorf("%s %q gives %q, %v", tt.setting, value, what, ok)
			}
		}
	}
}

func TestShown(t *testing.T) {
	tests := []struct{ at, value, want string }{
		{"$.command", "npx", "npx"},
		{"$.command", strings.Repeat("x", 300), strings.Repeat("x", 197) + "..."},
		{"$.env.API_KEY", "x", "(changed)"},
		{"$.passwords[0].x", "x", "(changed)"},
		{"$.url", "https://me:secret@x.example", "(changed)"},
		{"$.args[0]", "sk-abcdefghijkl0", "(changed)"},
		{"$.args[0]", "task-abcdefghijkl0", "task-abcdefghijkl0"},
	}
	for _, tt := range tests {
		at, err := document.ParseSelector(tt.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := bounds.Shown(at, &document.Value{Text: tt.value}); got != tt.want {
			t.Errorf("%s with %q is shown as %q, want %q", tt.at, tt.value, got, tt.want)
		}
	}
	if got := bounds.Shown(document.Selector{}, nil); got != "" {
		t.Errorf("no value is shown as %q", got)
	}
}
