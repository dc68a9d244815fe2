package meter

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter/format"
)

// Auth is how an upstream wants its key.
type Auth string

// The ways to present a key. The zero value is none of them and is refused.
const (
	Bearer  Auth = "bearer"         // Authorization: Bearer <key>
	XAPIKey Auth = "x-api-key"      // x-api-key: <key>
	XGoog   Auth = "x-goog-api-key" // x-goog-api-key: <key>
	APIKey  Auth = "api-key"        // api-key: <key>
	NoAuth  Auth = "none"           // no key at all, such as a server on this machine
)

// Upstream is one provider's API as the proxy reaches it.
type Upstream struct {
	// Name is the upstream's part of the path at the proxy: lower-case letters, digits, dot, dash, underscore.
	Name string
	// Provider is who bills: the provider's name in the price book. Empty means Name.
	Provider string
	// Dialect is how the upstream speaks. The zero value is any server that follows OpenAI or Anthropic.
	Dialect format.Dialect
	// URL is where requests go, with a base path if there is one, such as https://api.openai.com/v1. It is https
	// unless the host is this machine.
	URL  string
	Auth Auth
	// KeyEnv is the environment variable that holds the key. With _FILE after it, it is the one that names a file
	// with the key; see LoadKeys.
	KeyEnv string
}

// DefaultUpstreams returns the upstreams that need no configuration. Where two are of one provider, the first one is
// that provider's for those that do not ask for an upstream by its name.
func DefaultUpstreams() []Upstream {
	return []Upstream{
		{Name: "openai", Provider: "openai", URL: "https://api.openai.com/v1", Dialect: format.OpenAI, Auth: Bearer, KeyEnv: "OPENAI_API_KEY"},
		{Name: "anthropic", Provider: "anthropic", URL: "https://api.anthropic.com", Dialect: format.Anthropic, Auth: XAPIKey, KeyEnv: "ANTHROPIC_API_KEY"},
		// Google's Gemini API twice: as OpenAI speaks, and as it speaks itself.
		{Name: "google", Provider: "google", URL: "https://generativelanguage.googleapis.com/v1beta/openai", Auth: Bearer, KeyEnv: "GEMINI_API_KEY"},
		{Name: "gemini", Provider: "google", URL: "https://generativelanguage.googleapis.com", Dialect: format.Gemini, Auth: XGoog, KeyEnv: "GEMINI_API_KEY"},
		{Name: "openrouter", Provider: "openrouter", URL: "https://openrouter.ai/api/v1", Dialect: format.OpenRouter, Auth: Bearer, KeyEnv: "OPENROUTER_API_KEY"},
		{Name: "xai", Provider: "x-ai", URL: "https://api.x.ai/v1", Dialect: format.XAI, Auth: Bearer, KeyEnv: "XAI_API_KEY"},
		{Name: "deepseek", Provider: "deepseek", URL: "https://api.deepseek.com", Dialect: format.DeepSeek, Auth: Bearer, KeyEnv: "DEEPSEEK_API_KEY"},
		{Name: "groq", Provider: "groq", URL: "https://api.groq.com/openai/v1", Dialect: format.Groq, Auth: Bearer, KeyEnv: "GROQ_API_KEY"},
		{Name: "mistral", Provider: "mistral", URL: "https://api.mistral.ai/v1", Dialect: format.Mistral, Auth: Bearer, KeyEnv: "MISTRAL_API_KEY"},
	}
}

// upstream is an Upstream that was found to be valid.
type upstream struct {
	Upstream
	base      string // URL without a slash at its end
	residency string // the region of a host with data residency, which is a surcharge; else ""
}

var upstreamName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)

func (u Upstream) check() (upstream, error) {
	fail := func(format string, args ...any) (upstream, error) {
		return upstream{}, fmt.Errorf("upstream %q: "+format, append([]any{u.Name}, args...)...)
	}
	if !upstreamName.MatchString(u.Name) {
		return fail("the name is not allowed; allowed are lower-case letters, digits, dot, dash and underscore")
	}
	switch u.Auth {
	case Bearer, XAPIKey, XGoog, APIKey, NoAuth:
	default:
		return fail("auth is %q; allowed are %q, %q, %q, %q and %q", u.Auth, Bearer, XAPIKey, XGoog, APIKey, NoAuth)
	}
	at, err := url.Parse(u.URL)
	switch {
	case err != nil || at.Host == "": // the error is not shown: a URL that does not parse may hold a password
		return fail("the URL is not one; write one such as https://api.openai.com/v1")
	case u.Dialect != format.Compatible && !slices.Contains(format.Dialects(), u.Dialect):
		return fail("dialect %q is not known", u.Dialect)
	case at.User != nil || at.RawQuery != "" || at.Fragment != "":
		return fail("the URL has a user, query or fragment; allowed are scheme, host and path")
	case at.Scheme != "https" && (at.Scheme != "http" || !isLoopback(at.Hostname())):
		return fail("the URL's scheme is %q; allowed is https, and http on this machine only", at.Scheme)
	}
	if u.Provider == "" {
		u.Provider = u.Name
	}
	return upstream{u, strings.TrimRight(u.URL, "/"), residency(at.Hostname())}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// residency returns the region in a host such as eu.api.openai.com.
func residency(host string) string {
	region, ok := strings.CutSuffix(host, ".api.openai.com")
	if !ok {
		return ""
	}
	return region
}
