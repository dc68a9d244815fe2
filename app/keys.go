package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/app/page"
	"github.com/pertask/pertask/app/page/host"
	"github.com/pertask/pertask/app/secret"
	"github.com/pertask/pertask/app/sqldb/sqlsecret"
	"github.com/pertask/pertask/meter"
)

// providerPrefix begins the names of provider keys among the sealed values. It must not change.
const providerPrefix = "provider/"

// keyNames are the names that a provider key can have in the dashboard.
func keyNames() []string {
	var out []string
	for _, u := range meter.DefaultUpstreams() {
		if !slices.Contains(out, u.KeyEnv) {
			out = append(out, u.KeyEnv)
		}
	}
	slices.Sort(out)
	return out
}

// keys are the provider keys of an installation: those that it has been given, and for the installations of --env-keys-for
// those of the environment. Whoever pushes to a default branch says which upstreams there are, and must not learn a key by
// naming one of their own: a key is used for its provider's hosts, and those that whoever has set it named. The error says of
// which upstreams a key was kept, and comes with the keys of the others.
func (s *Server) keys(ctx context.Context, installation int64, ups []meter.Upstream) (meter.Keys, error) {
	stored, err := s.stored(ctx, installation, ups)
	if err != nil {
		return meter.Keys{}, err
	}
	env := slices.Contains(s.cfg.EnvKeys, installation)
	var allowed []meter.Upstream
	kept := map[string]string{} // why, by upstream
	for _, u := range ups {
		if u.Auth == meter.NoAuth {
			continue
		}
		k, own := stored[u.KeyEnv]
		switch hosts := append(providerHosts(u.KeyEnv), k.hosts...); {
		case !own && env:
			if hosts = append(providerHosts(u.KeyEnv), s.cfg.EnvKeyHosts...); lendable(u.KeyEnv) && !slices.Contains(hosts, hostOf(u.URL)) && s.lent(u.KeyEnv) {
				kept[u.Name] = fmt.Sprintf("the server's key %s is not for the host %q: the server's --env-key-hosts says which hosts it is for besides the provider's own", u.KeyEnv, hostOf(u.URL))
				continue
			}
		case own && !slices.Contains(hosts, hostOf(u.URL)):
			kept[u.Name] = fmt.Sprintf("the key %s is not for the host %q: set it anew with that host on the dashboard's page of keys", u.KeyEnv, hostOf(u.URL))
			continue
		}
		allowed = append(allowed, u)
	}
	allowed = slices.DeleteFunc(allowed, func(u meter.Upstream) bool { // keys are known by the name of the upstream
		return slices.ContainsFunc(ups, func(o meter.Upstream) bool { return o.Name == u.Name && o.URL != u.URL })
	})
	keys, err := s.world.Keys(func(name string) string {
		base, file := strings.CutSuffix(name, fileSuffix)
		switch k, own := stored[base]; {
		case own && file:
			return ""
		case own:
			return k.value
		case env && lendable(base):
			return s.world.Getenv(name)
		}
		return ""
	}, allowed)
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		keys, err = keys.Withheld(name, kept[name]), errors.Join(err, fmt.Errorf("upstream %q: %s", name, kept[name]))
	}
	return keys, err
}

// lendable reports whether a variable of the server's environment may be used as a provider key: a repository's configuration
// says which variables these are, and must not get at anything else in the environment.
func lendable(name string) bool { return slices.Contains(keyNames(), name) }

// lent reports whether there is a key in the environment.
func (s *Server) lent(name string) bool {
	return s.world.Getenv(name) != "" || s.world.Getenv(name+fileSuffix) != ""
}

// providerHosts are the hosts of the providers that a key is for by its name.
func providerHosts(name string) []string {
	var out []string
	for _, u := range meter.DefaultUpstreams() {
		if u.KeyEnv == name {
			out = append(out, hostOf(u.URL))
		}
	}
	return out
}

// hostOf is the host of an upstream's URL as host.Read writes it; "" is none, which no key is for.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	host, _ := host.Read(u.Host)
	if u.Scheme == "http" && u.Port() == "" && host != "" {
		return host + ":80"
	}
	return host
}

// key is a provider key with the hosts that it is for besides its provider's own.
type key struct {
	value string
	hosts []string
}

// seal writes a key as it is sealed: itself, and then a line for each host. A key has no line breaks.
func (k key) seal() []byte { return []byte(strings.Join(append([]string{k.value}, k.hosts...), "\n")) }

func unseal(text []byte) key {
	lines := strings.Split(string(text), "\n")
	return key{lines[0], lines[1:]}
}

// stored are the provider keys of an installation that upstreams name.
func (s *Server) stored(ctx context.Context, installation int64, ups []meter.Upstream) (map[string]key, error) {
	out := map[string]key{}
	var errs []error
	for _, u := range ups {
		if _, known := out[u.KeyEnv]; known || u.KeyEnv == "" || installation <= 0 {
			continue
		}
		k, found, err := s.storedKey(ctx, installation, u.KeyEnv)
		if errs = append(errs, err); found {
			out[u.KeyEnv] = k
		}
	}
	return out, errors.Join(errs...)
}

func (s *Server) storedKey(ctx context.Context, installation int64, name string) (key, bool, error) {
	about := secret.About{Scope: installation, Name: providerPrefix + name}
	sealed, found, err := s.values.Get(ctx, installation, about.Name)
	if err != nil || !found {
		return key{}, false, err
	}
	text, err := s.box.Open(about, sealed)
	if err != nil {
		return key{}, false, fmt.Errorf("opening the key %s: %w", name, err)
	}
	return unseal(text), true, nil
}

// providerKeys are the provider keys as the dashboard sets them.
type providerKeys struct{ s *Server }

// Keys implements page.Keys.
func (p providerKeys) Keys(ctx context.Context, installation int64) ([]page.Key, error) {
	marks, err := p.s.values.List(ctx, installation)
	var out []page.Key
	for _, m := range marks {
		name, ok := strings.CutPrefix(m.Name, providerPrefix)
		if !ok || installation <= 0 {
			continue
		}
		x := page.Key{Name: name, Fingerprint: m.Fingerprint, By: m.By, Set: m.Time, Hosts: providerHosts(name)}
		k, _, err := p.s.storedKey(ctx, installation, name)
		if err != nil {
			p.s.log.Warn("listing provider keys", "installation", installation, "error", err)
			x.Hosts = nil // it is of no use for any, and can be removed
		}
		x.Hosts = append(x.Hosts, k.hosts...)
		out = append(out, x)
	}
	return out, err
}

// SetKey implements page.Keys.
func (p providerKeys) SetKey(ctx context.Context, installation int64, name, value string, hosts []string, by string) error {
	if installation <= 0 || value == "" || strings.Contains(value, "\n") {
		return errors.New("setting a provider key: there is no installation or no key")
	}
	about := secret.About{Scope: installation, Name: providerPrefix + name}
	sealed, err := p.s.box.Seal(about, key{value, hosts}.seal())
	if err != nil {
		return err
	}
	return p.s.values.Put(ctx, installation, sealed, sqlsecret.Mark{Name: about.Name, Fingerprint: secret.Fingerprint([]byte(value)), By: by, Time: time.Now()})
}

// RemoveKey implements page.Keys.
func (p providerKeys) RemoveKey(ctx context.Context, installation int64, name string) error {
	if installation <= 0 {
		return errors.New("removing a provider key: there is no installation")
	}
	_, err := p.s.values.Delete(ctx, installation, providerPrefix+name)
	return err
}
