package words_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/price/words"
	"github.com/pertask/pertask/usage"
)

func TestRow(t *testing.T) {
	sold := func(classes ...usage.Class) map[usage.Class]bool {
		out := map[usage.Class]bool{}
		for _, c := range classes {
			out[c] = true
		}
		return out
	}
	every := []usage.Class{usage.CacheCreation5m, usage.CacheCreation30m, usage.CacheCreation1h, usage.CacheCreation12h}
	for _, c := range []struct {
		name string
		row  words.Row
		want string
	}{
		{"the plain one", words.Row{Provider: "p", Model: "m", Tier: "standard", Region: "global"},
			`{provider: "p", model: "m", rates: {input: "...", cache_read: "...", output: "..."}}`},
		{"of a tier and region", words.Row{Provider: "openai", Model: "gpt-9", Tier: "flex", Region: "eu"},
			`{provider: openai, model: gpt-9, tier: flex, region: "eu", rates: {input: "...", cache_read: "...", output: "..."}}`},
		{"rates that are asked for anyway", words.Row{Provider: "p", Model: "m", Tier: "standard", Region: "global", Sold: sold(usage.Input, usage.CacheRead, usage.CacheCreation)},
			`{provider: "p", model: "m", rates: {input: "...", cache_read: "...", output: "..."}}`},
		{"one time to live", words.Row{Provider: "p", Model: "m", Tier: "standard", Region: "global", Sold: sold(usage.CacheCreation1h)},
			`{provider: "p", model: "m", rates: {input: "...", cache_read: "...", cache_creation_1h: "...", output: "..."}, refuse: [cache_creation_5m, cache_creation_30m, cache_creation_12h]}`},
		{"all of them", words.Row{Provider: "p", Model: "m", Tier: "standard", Region: "global", Sold: sold(every...)},
			`{provider: "p", model: "m", rates: {input: "...", cache_read: "...", cache_creation_5m: "...", cache_creation_30m: "...", cache_creation_1h: "...", cache_creation_12h: "...", output: "..."}}`},
		{"words of YAML", words.Row{Provider: "true", Model: "1e5", Tier: "null", Region: "a: b"},
			`{provider: "true", model: "1e5", tier: "null", region: "a: b", rates: {input: "...", cache_read: "...", output: "..."}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.row.String(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestShort(t *testing.T) {
	long := strings.Repeat("\u00e4", 121)
	for in, want := range map[string]string{"": "", "a": "a", long[:240]: long[:240], long: long[:240] + "..."} {
		if got := words.Short(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	for got, want := range map[string]string{
		words.Because(""): "", words.Because("cut"): ": cut", words.InBrackets(""): "", words.InBrackets("deal"): " (deal)",
		words.Because(long): ": " + long[:240] + "...",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestID(t *testing.T) {
	for raw, want := range map[string]string{`{"id":"gpt-5.5","x":1}`: "gpt-5.5", `{"id":7}`: "", `[]`: "", `{`: "", ``: ""} {
		if got := words.ID([]byte(raw)); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}

func TestDate(t *testing.T) {
	if err := words.Date("as_of", "2026-11-01"); err != nil {
		t.Error(err)
	}
	for _, s := range []string{"", "1.11.2026", "2026-13-01", "2026-11-01T00:00:00Z"} {
		if err := words.Date("as_of", s); err == nil || !strings.Contains(err.Error(), "as_of") {
			t.Errorf("%q: %v", s, err)
		}
	}
}
