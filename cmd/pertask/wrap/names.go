package wrap

import (
	"slices"
	"strings"

	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/meter/format"
)

// libraries are the variables in which agents and the providers' libraries look for the base URL of a well-known
// upstream. Of any other it is the name of the key's variable with _BASE_URL in the place of _API_KEY. Nobody looks
// for the address at which Google speaks as OpenAI does.
var libraries = map[string][]string{
	"openai":     {"OPENAI_BASE_URL", "OPENAI_API_BASE"},
	"anthropic":  {"ANTHROPIC_BASE_URL"},
	"gemini":     {"GOOGLE_GEMINI_BASE_URL"},
	"google":     {},
	"openrouter": {"OPENROUTER_BASE_URL", "OPENROUTER_API_BASE"},
}

// past are variables by which agents reach a well-known provider with other credentials, and so past the proxy.
var past = map[string][]string{
	"anthropic": {"ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX"},
	"gemini":    {"GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI"},
	"openai":    {"CODEX_API_KEY"},
}

// cloud is what the clients of a cloud read.
type cloud struct {
	addresses map[string]string // variable -> what its clients expect behind the address
	keys      []string
	past      []string // credentials with which its clients sign, and settings by which they ignore the address
	switches  []string // by which agents use the cloud at all
}

// The clients of Bedrock sign with AWS keys unless they find the API key of Bedrock, in which case they send that. What
// AWS's libraries read is in the AWS SDKs and Tools Reference Guide.
var clouds = map[format.Dialect]cloud{
	format.Bedrock: {
		addresses: at("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "ANTHROPIC_BEDROCK_BASE_URL"),
		keys:      []string{"AWS_BEARER_TOKEN_BEDROCK"},
		past: []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
			"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"},
		switches: []string{"CLAUDE_CODE_USE_BEDROCK"},
	},
	format.Vertex: {
		// Anthropic's libraries take the version for a part of the address, Google's do not.
		addresses: map[string]string{"ANTHROPIC_VERTEX_BASE_URL": "/v1", "GOOGLE_VERTEX_BASE_URL": ""},
		switches:  []string{"CLAUDE_CODE_USE_VERTEX", "GOOGLE_GENAI_USE_VERTEXAI"},
	},
}

// at are addresses with nothing behind them.
func at(names ...string) map[string]string {
	out := map[string]string{}
	for _, name := range names {
		out[name] = ""
	}
	return out
}

// places returns the well-known upstreams that an upstream stands for: the one whose name it has, and those whose
// provider or key it shares when it has the route that their clients take.
func places(u meter.Upstream) []meter.Upstream {
	return slices.DeleteFunc(meter.DefaultUpstreams(), func(d meter.Upstream) bool {
		shared := u.Provider == d.Provider || u.KeyEnv != "" && u.KeyEnv == d.KeyEnv
		return u.Name != d.Name && !(shared && speaks(u.Dialect, d.Dialect))
	})
}

// speaks reports whether a server of one dialect has the route that clients of another take.
func speaks(server, client format.Dialect) bool {
	path := "/chat/completions"
	switch client {
	case format.Anthropic:
		path = "/v1/messages"
	case format.Gemini:
		path = "/v1beta/models/m:generateContent"
	}
	_, ok := format.Find(server, path)
	return ok
}

// addresses are the variables in which clients look for an upstream, with what they expect behind the address.
func addresses(u meter.Upstream) map[string]string {
	out := at(fromKey(u)...)
	for _, d := range places(u) {
		for _, name := range append(fromKey(d), libraries[d.Name]...) {
			out[name] = ""
		}
	}
	versioned := strings.HasSuffix(strings.TrimRight(u.URL, "/"), "/v1")
	for name, path := range clouds[u.Dialect].addresses {
		switch {
		case !versioned || u.Dialect != format.Vertex:
			out[name] = path
		case path != "":
			out[name] = "" // the upstream's own address has it
		}
	}
	return out
}

// fromKey names the variable of an upstream's address after that of its key.
func fromKey(u meter.Upstream) []string {
	prefix, ok := strings.CutSuffix(u.KeyEnv, "_API_KEY")
	if !ok || libraries[u.Name] != nil {
		return nil
	}
	return []string{prefix + "_BASE_URL"}
}

// keys are the variables in which clients of an upstream look for its key.
func keys(u meter.Upstream) []string {
	var out []string
	if u.KeyEnv != "" {
		out = append(out, u.KeyEnv)
	}
	for _, d := range places(u) {
		out = append(out, d.KeyEnv)
	}
	return append(out, clouds[u.Dialect].keys...)
}

// detours are the variables by which a client would get past the proxy to the provider of an upstream.
func detours(u meter.Upstream) []string {
	out := clouds[u.Dialect].past
	for _, d := range places(u) {
		out = slices.Concat(out, past[d.Name])
	}
	return out
}

// gateway returns the only upstream that is not a well-known provider and speaks as OpenAI does, such as a gateway or
// a server on this machine. Where OpenAI itself has no key, the variables of its libraries lead there.
func gateway(ups []meter.Upstream) (u meter.Upstream, only bool) {
	for _, g := range ups {
		named := slices.ContainsFunc(meter.DefaultUpstreams(), func(d meter.Upstream) bool { return d.Name == g.Name })
		if named || !slices.Contains([]format.Dialect{format.Compatible, format.LiteLLM, format.Ollama, format.OpenAI}, g.Dialect) {
			continue
		}
		if only {
			return meter.Upstream{}, false
		}
		u, only = g, true
	}
	return u, only
}
