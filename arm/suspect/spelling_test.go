package suspect_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/arm/suspect"
	"github.com/pertask/pertask/internal/document"
)

// spellings returns a key of some words as different programs write it.
func spellings(words ...string) []string {
	title := func(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
	camel, pascal := words[0], title(words[0])
	for _, w := range words[1:] {
		camel += title(w)
		pascal += title(w)
	}
	snake := strings.Join(words, "_")
	return []string{snake, strings.ToUpper(snake), strings.Join(words, "-"), strings.Join(words, "."), strings.Join(words, " "), camel, pascal, "_" + snake, snake + "_"}
}

// TestSpellings holds that a key says the same however its words are put together.
func TestSpellings(t *testing.T) {
	tests := []struct {
		words, want string
	}{
		{"base url", "redirect"},
		{"api base", "redirect"},
		{"api host", "redirect"},
		{"openai api base", "redirect"},
		{"http proxy", "redirect"},
		{"reasoning effort", "setting"},
		{"model verbosity", "setting"},
		{"thinking budget", "setting"},
		{"max output tokens", "setting"},
		{"service tier", "setting"},
		{"default provider", "setting"},
		{"fallback models", "setting"},
		{"top p", "setting"},
		{"claude code extra body", "setting"},
		{"disable prompt caching", "setting"},
		{"fast mode", "setting"},
		{"selected type", "setting"},
		{"show model info", ""},
		{"allowed tools", ""},
		{"model description", ""},
		{"openai api key", ""},
		{"default mode", ""},
		{"base branch", ""},
		{"cost tier", ""},
		{"auto update", ""},
		{"mcp server url", ""},
		{"remodel", ""},
		{"curl", ""},
		{"ghost", ""},
		{"frontier", ""},
		{"database", ""},
	}
	for _, tt := range tests {
		for _, key := range spellings(strings.Fields(tt.words)...) {
			v := suspect.Value{At: document.Selector{}.Key(key), B: &document.Value{Text: "x"}, Near: true}
			if got := kinds[suspect.New(nil).Kind(v)]; got != tt.want {
				t.Errorf("%s is %q, want %q", key, got, tt.want)
			}
		}
	}
	for key, want := range map[string]string{
		"baseURL": "redirect", "BaseURLs": "redirect", "APIBase": "redirect", "URL": "redirect", "enableLLMThinking": "setting", "größeModel": "setting",
		"topP": "setting", "topp": "setting", "TOPP": "setting", "baseurl": "redirect", "": "", "__": "", "模型": "",
	} {
		v := suspect.Value{At: document.Selector{}.Key(key), B: &document.Value{Text: "x"}, Near: true}
		if got := kinds[suspect.New(nil).Kind(v)]; got != want {
			t.Errorf("%q is %q, want %q", key, got, want)
		}
	}
}
