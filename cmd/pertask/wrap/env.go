package wrap

import (
	"maps"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter"
)

// Session is what a command needs to reach the proxy.
type Session interface {
	URL(upstream string) string
	Token() string
}

// Environment is what the environment of a command is made of.
type Environment struct {
	Names  []string // of the variables that the command may inherit
	Getenv func(string) string
	// All are the upstreams that the configuration knows, with or without a key: the command sees the key of none.
	All []meter.Upstream
	// Upstreams are those that take part, in the order in which they claim the variables of addresses.
	Upstreams []meter.Upstream
	Session   Session
}

// Variables returns the environment of the command, sorted: that of this process without the keys, and with the
// addresses of the proxy and the session's token where the addresses and the keys of providers belong.
func (e Environment) Variables() []string {
	set := e.leads()
	withheld := e.withheld()
	var out []string
	for _, name := range e.Names {
		if _, ours := set[name]; !ours && !withheld[name] {
			out = append(out, name+"="+e.Getenv(name))
		}
	}
	for name, value := range set {
		out = append(out, name+"="+value)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// leads are the variables that lead to the proxy. The first upstream that claims an address keeps it, so a configured
// one goes before the well-known one of its provider.
func (e Environment) leads() map[string]string {
	set, tokens := map[string]string{}, map[string]string{}
	claim := func(u meter.Upstream, addresses map[string]string, keys []string) {
		for name, path := range addresses {
			if _, taken := set[name]; !taken {
				set[name] = e.Session.URL(u.Name) + path
			}
		}
		for _, name := range keys {
			tokens[name] = e.Session.Token()
		}
	}
	for _, u := range e.Upstreams {
		claim(u, addresses(u), keys(u))
	}
	if u, ok := gateway(e.Upstreams); ok && set["OPENAI_BASE_URL"] == "" {
		claim(u, at(libraries["openai"]...), []string{"OPENAI_API_KEY"})
	}
	maps.Copy(set, tokens)
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		set[name] = strings.TrimPrefix(e.Getenv(name)+",127.0.0.1,localhost,::1", ",")
	}
	return set
}

// withheld are the variables that the command does not get: every key that there may be, used or not, and what leads
// past the proxy to a provider that is metered.
func (e Environment) withheld() map[string]bool {
	out := map[string]bool{}
	for _, u := range slices.Concat(meter.DefaultUpstreams(), e.All, e.Upstreams) {
		if u.KeyEnv != "" {
			out[u.KeyEnv], out[u.KeyEnv+"_FILE"] = true, true
		}
	}
	for _, u := range e.Upstreams {
		for _, name := range detours(u) {
			out[name] = true
		}
	}
	if _, ok := gateway(e.Upstreams); ok {
		for _, name := range past["openai"] {
			out[name] = true
		}
	}
	for _, u := range e.Upstreams { // a way that leads through the proxy is none past it
		for _, name := range clouds[u.Dialect].switches {
			delete(out, name)
		}
	}
	return out
}

// Upstreams returns the upstreams that take part: those that have a key, or need none. A well-known one whose key's
// variable is also that of a configured one stays away, because the key is for the configured one's host.
func Upstreams(all []meter.Upstream, hasKey func(upstream string) bool) []meter.Upstream {
	return slices.DeleteFunc(slices.Clone(all), func(u meter.Upstream) bool {
		if u.Auth != meter.NoAuth && !hasKey(u.Name) {
			return true
		}
		return wellKnown(u) && slices.ContainsFunc(all, func(c meter.Upstream) bool {
			return c.Auth != meter.NoAuth && c.KeyEnv == u.KeyEnv && !wellKnown(c)
		})
	})
}

// wellKnown reports whether an upstream is one that needs no configuration, as it is.
func wellKnown(u meter.Upstream) bool { return slices.Contains(meter.DefaultUpstreams(), u) }
