package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/strict"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/meter/format"
)

// Upstream is a model server besides the well-known providers: a gateway, or a server of one's own.
type Upstream struct {
	Name     string // lower-case letters, digits, '.', '-' and '_'; the name of a well-known provider replaces it
	URL      string // https, or http on this machine
	Provider string // who bills: the provider's name in the price book; the name when none is given
	Auth     string // how the key is sent: "bearer", "x-api-key", "x-goog-api-key", "api-key" or "none"
	KeyEnv   string // environment variable that holds the key; "" with auth none
	// Dialect is how the server speaks. When none is given it is that of the well-known provider of the same
	// name, or else of the first one that bills the same, or else format.Compatible.
	Dialect format.Dialect
}

// AllUpstreams returns the upstreams that the proxy may reach: the configured ones, and then the providers that
// need no configuration, but for those whose name a configured one has. The first that serves an arm's provider is
// used, so a configured one goes before the provider itself.
func (c *Config) AllUpstreams() []meter.Upstream {
	var out []meter.Upstream
	for _, u := range c.Upstreams {
		out = append(out, meter.Upstream{Name: u.Name, Provider: u.Provider, URL: u.URL, Dialect: u.Dialect, Auth: meter.Auth(u.Auth), KeyEnv: u.KeyEnv})
	}
	for _, d := range meter.DefaultUpstreams() {
		if !slices.ContainsFunc(out, func(u meter.Upstream) bool { return u.Name == d.Name }) {
			out = append(out, d)
		}
	}
	return out
}

var (
	upstreamName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,59}$`)
	envName      = regexp.MustCompile(`^[A-Z_][A-Z0-9_]{0,99}$`)
	// ciEnv are variables of the machine that runs the check. Their values are credentials for something else
	// than a model server.
	ciEnv = regexp.MustCompile(`^(GITHUB_|ACTIONS_|RUNNER_|GH_|PERTASK_)`)
	auths = []string{string(meter.Bearer), string(meter.XAPIKey), string(meter.XGoog), string(meter.APIKey), string(meter.NoAuth)}
)

func upstreams(v strict.Value) []Upstream {
	var out []Upstream
	names := map[string]bool{}
	for _, e := range v.List(maxUpstreams) {
		m := e.Map(keys["upstreams"]...)
		u := Upstream{
			Name:     providerName(m.Need("name")),
			URL:      serverURL(m.Need("url")),
			Provider: providerName(m.Get("provider")),
			Auth:     m.Need("auth").Enum(auths...),
			KeyEnv:   keyEnv(m.Get("key_env")),
		}
		if u.Provider == "" && !m.Get("provider").Given() {
			u.Provider = u.Name
		}
		u.Dialect = dialect(m.Get("dialect"), u)
		if u.Name != "" && names[u.Name] {
			m.Get("name").Fail(fmt.Sprintf("a second upstream with the name %q", u.Name), "a name of its own for each upstream")
		}
		names[u.Name] = true
		switch given := m.Get("key_env").Given(); {
		case u.Auth == string(meter.NoAuth) && given:
			m.Get("key_env").Fail(m.Get("key_env").Name()+" has no use with auth: none", "leave it out, or set auth")
		case u.Auth != "" && u.Auth != string(meter.NoAuth) && !given:
			m.Need("key_env")
		}
		out = append(out, u)
	}
	return out
}

// dialect reads how a server speaks, or takes it from the well-known providers.
func dialect(v strict.Value, u Upstream) format.Dialect {
	if v.Given() {
		names := []string{"compatible"}
		for _, d := range format.Dialects() {
			names = append(names, string(d))
		}
		d, _ := format.ParseDialect(v.Enum(names...)) // which are its own names
		return d
	}
	known := meter.DefaultUpstreams()
	i := slices.IndexFunc(known, func(d meter.Upstream) bool { return d.Name == u.Name })
	if i < 0 {
		i = slices.IndexFunc(known, func(d meter.Upstream) bool { return d.Provider == u.Provider })
	}
	if i < 0 {
		return format.Compatible
	}
	return known[i].Dialect
}

func providerName(v strict.Value) string {
	s := v.Scalar()
	if s != "" && !upstreamName.MatchString(s) {
		v.Fail(fmt.Sprintf("%s: %q is not allowed", v.Name(), strict.Clip(s)), "1 to 60 lower-case letters, digits, '.', '-' and '_'")
		return ""
	}
	return s
}

// keyEnv reads the name of a variable. The text is not repeated in the error when it is not a name: somebody
// may have put the key itself there.
func keyEnv(v strict.Value) string {
	s := v.Scalar()
	switch {
	case s == "":
		return ""
	case !envName.MatchString(s):
		v.Fail(v.Name()+" is not the name of an environment variable", "upper-case letters, digits and '_', such as OPENAI_API_KEY; never the key itself")
		return ""
	case strings.HasSuffix(s, "_FILE"):
		v.Fail(fmt.Sprintf("%s: %s names a file", v.Name(), strict.Clip(s)), "the variable without _FILE; where that one is empty, the file that this one names is read")
		return ""
	case ciEnv.MatchString(s):
		v.Fail(fmt.Sprintf("%s: %s is not a key of a model server", v.Name(), strict.Clip(s)), "a variable that does not start with GITHUB_, GH_, ACTIONS_, RUNNER_ or PERTASK_")
		return ""
	}
	return s
}

// serverURL reads an address. The text is not repeated in the error: it may hold a password.
func serverURL(v strict.Value) string {
	s := v.Text()
	if s == "" {
		return ""
	}
	const want = "https://host/path, or http on this machine, such as http://127.0.0.1:8080/v1"
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "" || strings.ContainsAny(s, " \\"):
		v.Fail(v.Name()+" is not an address", want)
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(s, "#"):
		v.Fail(v.Name()+" has a user, a query or a fragment", want)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		v.Fail(v.Name()+" would send the key without encryption", want)
	case u.Scheme != "http" && u.Scheme != "https":
		v.Fail(fmt.Sprintf("%s has the scheme %q", v.Name(), strict.Clip(u.Scheme)), want)
	default:
		return s
	}
	return ""
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Zone() == "" && ip.IsLoopback()
}
