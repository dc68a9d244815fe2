package format

import (
	"slices"
	"strings"
	"testing"
)

func TestMatches(t *testing.T) {
	cases := []struct {
		pattern, path string
		want          bool
	}{
		{"/chat/completions", "/chat/completions", true},
		{"/chat/completions", "/v1/chat/completions", true},
		{"/chat/completions", "/v1/v1/chat/completions", false},
		{"/chat/completions", "/chat/completions/", false},
		{"/model/*/converse", "/model/m:0/converse", true},
		{"/models/*:generateContent", "/v1beta/models/gemini-3:generateContent", true},
		{"/models/*:generateContent", "/models/:generateContent", false},
		{"/models/*:generateContent", "/models/a:b:generateContent", false},
		{"/models/*:generateContent", "/models/a/b:generateContent", false},
		{"/a/*/b", "/a//b", false},
		{"/a/*/b", "/a/x/b", true},
		{"/a/*/b", "/a/x/b/c", false},
		{"/a/*", "/a", false},
		{"/a/*", "/a/x:y", true},
		{"/a", "a", false},
	}
	for _, c := range cases {
		if got := matches(c.pattern, unversioned(c.path)); got != c.want {
			t.Errorf("%s fits %s: %t, want %t", c.path, c.pattern, got, c.want)
		}
	}
}

// TestEveryRouteHasOneFormat keeps routes and free routes of every dialect apart.
func TestEveryRouteHasOneFormat(t *testing.T) {
	for _, d := range append(Dialects(), Compatible) {
		seen := map[string]string{}
		for _, r := range d.routes() {
			for _, p := range r.paths {
				path := strings.ReplaceAll(p, "*", "x")
				if _, twice := seen[p]; twice {
					continue // a dialect's own route goes before a common one
				}
				seen[p] = r.format.Name
				if got, ok := Find(d, path); !ok || got.Name != r.format.Name || IsFree(d, path) {
					t.Errorf("%q: %s is read as %q, free %t; want %q", d, path, got.Name, IsFree(d, path), r.format.Name)
				}
				if got, ok := Named(d, r.format.Name); !ok || got.Name != r.format.Name {
					t.Errorf("%q: the format %q is not found by its name", d, r.format.Name)
				}
			}
		}
	}
}

func TestParseDialect(t *testing.T) {
	for _, d := range Dialects() {
		if got, err := ParseDialect(string(d)); err != nil || got != d {
			t.Errorf("%q is read as %q, %v", d, got, err)
		}
	}
	for _, name := range []string{"", "compatible"} {
		if got, err := ParseDialect(name); err != nil || got != Compatible {
			t.Errorf("%q is read as %q, %v", name, got, err)
		}
	}
	if _, err := ParseDialect("gopher"); err == nil || !strings.Contains(err.Error(), `"vertex"`) {
		t.Errorf("error %v does not say what is allowed", err)
	}
}

func TestIsModels(t *testing.T) {
	for path, want := range map[string]bool{"/models": true, "/v1/models/m": true, "/v1beta/models/m:generateContent": false, "/model": false} {
		if got := IsModels(path); got != want {
			t.Errorf("%s: %t, want %t", path, got, want)
		}
	}
}

func TestPathsAreForPeople(t *testing.T) {
	if all := strings.Split(Paths(Compatible), ", "); !slices.Contains(all, "/messages") || !slices.Contains(all, "/responses") {
		t.Errorf("paths are %q", all)
	}
}

// TestNobodyInheritsRoutes says who has the routes of OpenAI's and Anthropic's own API.
func TestNobodyInheritsRoutes(t *testing.T) {
	for path, have := range map[string][]Dialect{
		"/v1/chat/completions":   {Compatible, OpenAI, Azure, XAI, DeepSeek, OpenRouter, Groq, Mistral, LiteLLM, Anthropic, Ollama},
		"/v1/responses":          {Compatible, OpenAI, Azure, XAI, OpenRouter, Groq, LiteLLM, Ollama},
		"/v1/messages":           {Compatible, Azure, XAI, DeepSeek, OpenRouter, LiteLLM, Anthropic, Ollama},
		"/anthropic/v1/messages": {Azure, DeepSeek},
	} {
		for _, d := range append(Dialects(), Compatible) {
			if _, ok := Find(d, path); ok != slices.Contains(have, d) {
				t.Errorf("%q has %s: %t", d, path, ok)
			}
		}
	}
}
