package harness

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter/anthropic"
	"github.com/pertask/pertask/meter/gemini"
	"github.com/pertask/pertask/meter/openai"
	"github.com/pertask/pertask/trial"
)

// The wire formats, by the names that calls are journalled with.
const (
	responses = openai.Responses
	chat      = openai.Chat
	messages  = anthropic.Messages
	generate  = gemini.Generate
)

// door is a wire format that an upstream speaks.
type door struct {
	wire string
	at   string // another upstream of the same provider that it is spoken at; "" for the upstream itself
	path string // below the upstream
}

// doors says what the well-known upstreams speak, by name.
var doors = map[string][]door{
	"openai":     {{wire: responses}, {wire: chat}},
	"anthropic":  {{wire: messages}},
	"google":     {{wire: generate, at: "gemini"}, {wire: chat}},
	"gemini":     {{wire: generate}, {wire: chat, at: "google"}},
	"openrouter": {{wire: responses}, {wire: chat}},
	"xai":        {{wire: responses}, {wire: chat}},
	"deepseek":   {{wire: chat}, {wire: messages, path: "/anthropic"}},
	"groq":       {{wire: responses}, {wire: chat}},
	"mistral":    {{wire: chat}},
}

// elsewhere is what a server of which nothing is known may speak.
var elsewhere = []door{{wire: responses}, {wire: chat}, {wire: messages}}

// aliases are other names of providers.
var aliases = map[string]string{"x-ai": "xai"}

// way is how an agent speaks to an upstream.
type way struct {
	speech   Speech
	base     string // base URL at the proxy
	upstream string // well-known name, or "" for a server of which nothing is known
}

// wayTo chooses how the agent speaks to an upstream of the given provider.
func (a Agent) wayTo(r trial.Route, upstream, provider string) (way, error) {
	known, all := wellKnown(upstream, provider)
	for _, s := range a.Speaks {
		if s.Upstreams != nil && !slices.Contains(s.Upstreams, known) {
			continue
		}
		for _, d := range all {
			at := d.at
			if at == "" || upstream != known {
				at = upstream // the way into a server of one's own is its own, whichever provider is behind it
			}
			if base := r.URLs[at]; d.wire == s.Wire && base != "" {
				return way{speech: s, base: base + d.path, upstream: known}, nil
			}
		}
	}
	return way{}, fmt.Errorf("%s speaks %s, and the upstream %q has %s", a.Name, list(a.wires()), upstream, list(wires(all)))
}

// wellKnown returns the well-known name of an upstream, and what it speaks.
func wellKnown(upstream, provider string) (string, []door) {
	for _, name := range []string{upstream, provider, aliases[provider]} {
		if d, ok := doors[name]; ok {
			return name, d
		}
	}
	return "", elsewhere
}

func (a Agent) wires() []string {
	var out []string
	for _, s := range a.Speaks {
		if !slices.Contains(out, s.Wire) {
			out = append(out, s.Wire)
		}
	}
	return out
}

func wires(all []door) []string {
	var out []string
	for _, d := range all {
		out = append(out, d.wire)
	}
	return out
}

// list joins words for an error.
func list(words []string) string {
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}
