package main

import (
	"os"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/meter/format"
)

// inherited are the names of the variables that this process was started with. They are read before main takes the
// variables that hold keys out of the environment.
var inherited = names(os.Environ())

// environment returns the names of the variables that a metered command may inherit. Tests replace it.
var environment = func() []string { return inherited }

func names(environ []string) []string {
	var out []string
	for _, entry := range environ {
		if name, _, ok := strings.Cut(entry, "="); ok && name != "" {
			out = append(out, strings.Clone(name))
		}
	}
	return out
}

// meterSession is what a command needs to reach the proxy.
type meterSession interface {
	URL(upstream string) string
	Token() string
}

// detours are variables by which agents reach a provider with other credentials, and so past the proxy. They are
// withheld when the upstream of that name is metered.
var detours = map[string][]string{
	"anthropic": {"ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX"},
	"gemini":    {"GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI"},
	"openai":    {"CODEX_API_KEY"},
}

// addresses are the variables in which agents and the providers' libraries look for the base URL of an upstream.
// Of any other upstream it is the name of the key's variable with _BASE_URL in the place of _API_KEY. Nobody looks for
// the address at which Google speaks as OpenAI does.
var addresses = map[string][]string{
	"openai":     {"OPENAI_BASE_URL", "OPENAI_API_BASE"},
	"anthropic":  {"ANTHROPIC_BASE_URL"},
	"gemini":     {"GOOGLE_GEMINI_BASE_URL"},
	"google":     {},
	"openrouter": {"OPENROUTER_BASE_URL", "OPENROUTER_API_BASE"},
}

// meterEnv returns the environment of a metered command: that of this process without the keys, and with the
// addresses of the proxy and the session's token where the addresses and the keys of providers belong.
func meterEnv(getenv func(string) string, names []string, ups []meter.Upstream, secret []string, s meterSession) []string {
	set := map[string]string{}
	for _, u := range ups {
		for _, name := range slices.Concat(addresses[u.Name], fromKey(u)) {
			set[name] = s.URL(u.Name)
		}
		if u.KeyEnv != "" {
			set[u.KeyEnv] = s.Token()
		}
		secret = append(secret, detours[u.Name]...)
	}
	if only, ok := gateway(ups); ok && set["OPENAI_BASE_URL"] == "" {
		for _, name := range addresses["openai"] {
			set[name] = s.URL(only)
		}
		set["OPENAI_API_KEY"] = s.Token()
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		set[name] = strings.TrimPrefix(getenv(name)+",127.0.0.1,localhost,::1", ",")
	}
	var out []string
	for _, name := range names {
		if _, ours := set[name]; !ours && !slices.Contains(secret, name) {
			out = append(out, name+"="+getenv(name))
		}
	}
	for name, value := range set {
		out = append(out, name+"="+value)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// gateway returns the only upstream that is not a well-known provider and speaks as OpenAI does, such as a gateway or
// a server on this machine. Where OpenAI itself has no key, the variables of its libraries lead there.
func gateway(ups []meter.Upstream) (name string, only bool) {
	for _, u := range ups {
		known := slices.ContainsFunc(meter.DefaultUpstreams(), func(d meter.Upstream) bool { return d.Name == u.Name })
		if known || !slices.Contains([]format.Dialect{format.Compatible, format.LiteLLM, format.Ollama, format.OpenAI}, u.Dialect) {
			continue
		}
		if only {
			return "", false
		}
		name, only = u.Name, true
	}
	return name, only
}

// fromKey names the variable of an upstream's address after that of its key.
func fromKey(u meter.Upstream) []string {
	prefix, ok := strings.CutSuffix(u.KeyEnv, "_API_KEY")
	if !ok || addresses[u.Name] != nil {
		return nil
	}
	return []string{prefix + "_BASE_URL"}
}
