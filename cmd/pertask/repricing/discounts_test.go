package repricing

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/price"
)

func TestParseInstant(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 11, 23, 1, 2, 3, 0, time.UTC) }
	for s, want := range map[string]string{"2026-01-02": "2026-01-02T00:00:00Z", "2026-01-02T03:04:05+01:00": "2026-01-02T02:04:05Z", "now": "2026-11-23T01:02:03Z"} {
		if got, err := parseInstant(s, now); err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%s is %v, %v; want %s", s, got, err, want)
		}
	}
}

// TestDiscounts holds that --discount takes what the configuration takes, and refuses what no call could get.
func TestDiscounts(t *testing.T) {
	tests := []struct {
		values string
		says   string // "" when it is right
	}{
		{"openai=0.875 openai/gpt-5.4=0.9 anthropic=1.5", ""},
		{"xai=0.9", ""}, // another name of x-ai
		{"none", ""},
		{"openai=10", ""},
		{"openai=0", "above 0 and up to 10"},
		{"openai=0.0", "above 0 and up to 10"},
		{"openai=10.01", "above 0 and up to 10"},
		{"openai=-1", "above 0 and up to 10"},
		{"openai=1e-1", "above 0 and up to 10"},
		{"openai=half", "above 0 and up to 10"},
		{"openai=", "above 0 and up to 10"},
		{"=0.5", "provider=multiplier"},
		{"openai/=0.5", "provider=multiplier"},
		{"openai", "provider=multiplier"},
		{"contoso=0.5", `no provider "contoso"; allowed: anthropic, `},
		{"openai/claude-opus-5=0.5", `no model "claude-opus-5" of openai`},
		{"openai=0.5 openai=0.6", `a second discount for "openai"`},
		{"xai=0.5 x-ai=0.6", `a second discount for "x-ai"`},
		{"anthropic/claude-opus-4-5=0.5 anthropic/claude-opus-4.5=0.5", `a second discount for "anthropic claude-opus-4.5"`},
		{"none openai=0.5", "give it alone"},
	}
	for _, tt := range tests {
		var d discountFlags
		var err error
		for _, v := range strings.Fields(tt.values) {
			err = errors.Join(err, d.Set(v))
		}
		if err == nil {
			err = d.check(price.Embedded())
		}
		if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s: %v, want %q", tt.values, err, tt.says)
		}
	}
}
