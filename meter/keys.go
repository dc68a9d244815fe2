package meter

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const redactedKey = "[redacted key]"

// Keys holds the provider keys, and is the only thing that does. It can put a key into a request and take it
// out of a text; it never hands one out. It prints as "[redacted keys]" in every form, also deep within
// other values: the keys are kept in closures, which nothing can print. The zero value holds no key.
type Keys struct {
	key    func(upstream string) string
	redact func(string) string
	env    func() []string
	why    map[string]string // by upstream; no key is in it
}

// newKeys holds keys by the name of their upstream. It hides all of the secrets, and names the variables that
// an agent may not inherit.
func newKeys(keys map[string]string, secrets, names []string) Keys {
	slices.Sort(names)
	names = slices.Compact(names)
	r := redactor(secrets)
	return Keys{
		key:    func(upstream string) string { return keys[upstream] },
		redact: r.Replace,
		env:    func() []string { return slices.Clone(names) },
	}
}

// redactor replaces every key in its plain, URL-escaped, JSON-escaped, hexadecimal and base64 forms.
func redactor(secrets []string) *strings.Replacer {
	var forms []string
	for _, s := range secrets {
		quoted, _ := json.Marshal(s)
		forms = append(forms, s, url.QueryEscape(s), url.PathEscape(s), string(quoted[1:len(quoted)-1]))
		if len(s) < 8 {
			continue // encoded, so short a key would match by chance
		}
		forms = append(forms, hex.EncodeToString([]byte(s)), strings.ToUpper(hex.EncodeToString([]byte(s))))
		forms = append(forms, base64Forms(s)...)
	}
	slices.SortStableFunc(forms, func(a, b string) int { return len(b) - len(a) }) // the longest match first
	var pairs []string
	for _, f := range forms {
		pairs = append(pairs, f, redactedKey)
	}
	return strings.NewReplacer(pairs...)
}

// base64Forms returns how a text looks in base64: encoded by itself, and as the middle of something longer,
// such as "user:key", for each of the three places where it can start within a group of three bytes.
func base64Forms(s string) []string {
	var out []string
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		whole := enc.EncodeToString([]byte(s))
		out = append(out, whole, strings.TrimRight(whole, "="), url.QueryEscape(whole))
		for before := range 3 {
			first := (3 - before) % 3 // bytes that share a group with what comes before
			middle := []byte(s)[min(first, len(s)):]
			middle = middle[:len(middle)/3*3] // and what shares one with what comes after
			if len(middle) >= 12 {            // shorter ones would match by chance
				out = append(out, enc.EncodeToString(middle))
			}
		}
	}
	return out
}

// Has reports whether there is a key for the upstream of that name.
func (k Keys) Has(upstream string) bool { return k.key != nil && k.key(upstream) != "" }

// Withheld is k with the reason why a key that there is may not be used for an upstream, for people: one sentence without a full stop,
// and never the key.
func (k Keys) Withheld(upstream, why string) Keys {
	all := maps.Clone(k.why)
	if all == nil {
		all = map[string]string{}
	}
	all[upstream] = why
	k.why = all
	return k
}

// Why is the reason why the key for an upstream may not be used; "" where it may, and where there is none.
func (k Keys) Why(upstream string) string { return k.why[upstream] }

// Redact returns s with every key replaced by "[redacted key]", also where the key is written in base64, in
// hexadecimal, or escaped for a URL or for JSON.
func (k Keys) Redact(s string) string {
	if k.redact == nil {
		return s
	}
	return k.redact(s)
}

// Env returns the names of the environment variables that hold keys or name files that do, sorted: what no agent
// may inherit. Of an upstream that has a key both variables are there, whichever of them it is from.
func (k Keys) Env() []string {
	if k.env == nil {
		return nil
	}
	return k.env()
}

// inject puts an upstream's key into a request's headers.
func (k Keys) inject(h http.Header, up upstream) {
	switch up.Auth {
	case Bearer:
		h.Set("Authorization", "Bearer "+k.key(up.Name))
	case XAPIKey, XGoog, APIKey:
		h.Set(string(up.Auth), k.key(up.Name))
	}
}

const printed = "[redacted keys]"

// String returns "[redacted keys]".
func (k Keys) String() string { return printed }

// GoString returns "[redacted keys]".
func (k Keys) GoString() string { return printed }

// Format writes "[redacted keys]" whatever the verb.
func (k Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, printed) }

// MarshalJSON writes "[redacted keys]".
func (k Keys) MarshalJSON() ([]byte, error) { return json.Marshal(printed) }

// LogValue is "[redacted keys]".
func (k Keys) LogValue() slog.Value { return slog.StringValue(printed) }
