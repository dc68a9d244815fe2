package meter_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/internal/logbuffer"
	"github.com/pertask/pertask/meter"
)

const oddKey = `k-/+"<&=%key with all that needs escapes`

func testKeys() meter.Keys {
	ups := meter.DefaultUpstreams()
	env := map[string]string{"OPENAI_API_KEY": realKey + "\n", "ANTHROPIC_API_KEY": oddKey, "GEMINI_API_KEY": "  "}
	return meter.KeysFromEnv(func(name string) string { return env[name] }, ups)
}

func TestKeysKnowWhatTheyHold(t *testing.T) {
	k := testKeys()
	for name, want := range map[string]bool{"openai": true, "anthropic": true, "google": false, "nobody": false} {
		if got := k.Has(name); got != want {
			t.Errorf("%s: got %t, want %t", name, got, want)
		}
	}
	if diff := cmp.Diff([]string{"ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY_FILE", "OPENAI_API_KEY", "OPENAI_API_KEY_FILE"}, k.Env()); diff != "" {
		t.Errorf("variables differ (-want +got):\n%s", diff)
	}
	var zero meter.Keys
	if zero.Has("openai") || zero.Env() != nil || zero.Redact("x") != "x" {
		t.Error("zero keys hold something")
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	k := testKeys()
	type deep struct {
		Shown  meter.Keys
		hidden meter.Keys
		list   []any
	}
	d := deep{k, k, []any{k, &k}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		fmt.Fprintf(&out, verb+"\n"+verb+"\n"+verb+"\n"+verb+"\n", k, &k, d, meter.Config{Keys: k})
	}
	fmt.Fprintln(&out, k, k.String(), k.GoString(), d.hidden, d.list)
	text, err := json.Marshal(map[string]any{"a": k, "b": &k, "c": d})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "keys", k, "deep", d)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "keys", k, "deep", d)
	for _, secret := range []string{realKey, oddKey, hex.EncodeToString([]byte(realKey)), realKey[3:]} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%q was printed:\n%s", secret, out.String())
		}
	}
	if !strings.Contains(out.String(), "[redacted keys]") {
		t.Errorf("nothing stands for the keys:\n%s", out.String())
	}
}

func TestRedact(t *testing.T) {
	k := testKeys()
	quoted, err := json.Marshal(oddKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, form := range map[string]string{
		"plain":                 realKey,
		"odd":                   oddKey,
		"in a query":            url.QueryEscape(oddKey),
		"in a path":             url.PathEscape(oddKey),
		"in JSON":               string(quoted[1 : len(quoted)-1]),
		"hexadecimal":           hex.EncodeToString([]byte(realKey)),
		"HEXADECIMAL":           strings.ToUpper(hex.EncodeToString([]byte(realKey))),
		"base64":                base64.StdEncoding.EncodeToString([]byte(realKey)),
		"base64 for URLs":       base64.URLEncoding.EncodeToString([]byte(oddKey)),
		"base64 without filler": base64.RawStdEncoding.EncodeToString([]byte(oddKey)),
	} {
		if got := k.Redact("a " + form + " b " + form); got != "a [redacted key] b [redacted key]" {
			t.Errorf("%s: got %q", name, got)
		}
	}
	for _, user := range []string{"", "u:", "us:", "use:"} {
		basic := base64.StdEncoding.EncodeToString([]byte(user + realKey + ":rest"))
		if got := k.Redact(basic); len(got)-len("[redacted key]") > len(basic)-len(realKey) || !strings.Contains(got, "[redacted key]") {
			t.Errorf("a key after %q in base64 became %q", user, got)
		}
	}
	if got := k.Redact("nothing here"); got != "nothing here" {
		t.Errorf("got %q", got)
	}
}

func TestStartRefuses(t *testing.T) {
	good := meter.Upstream{Name: "a", URL: "https://a.example/v1", Auth: meter.Bearer, KeyEnv: "K"}
	with := func(change func(*meter.Upstream)) []meter.Upstream {
		u := good
		change(&u)
		return []meter.Upstream{u}
	}
	cases := []struct {
		name, want string
		ups        []meter.Upstream
	}{
		{"plain http", "https", with(func(u *meter.Upstream) { u.URL = "http://a.example" })},
		{"a host that looks like this machine", "https", with(func(u *meter.Upstream) { u.URL = "http://127.0.0.1.example" })},
		{"another scheme", "https", with(func(u *meter.Upstream) { u.URL = "ftp://127.0.0.1" })},
		{"no host", "not one", with(func(u *meter.Upstream) { u.URL = "https://" })},
		{"no URL", "not one", with(func(u *meter.Upstream) { u.URL = "" })},
		{"a broken URL", "not one", with(func(u *meter.Upstream) { u.URL = "https://u:pass word@x" })},
		{"a user", "user", with(func(u *meter.Upstream) { u.URL = "https://u:secret@a.example" })},
		{"a query", "query", with(func(u *meter.Upstream) { u.URL = "https://a.example/?x=1" })},
		{"no auth", "auth", with(func(u *meter.Upstream) { u.Auth = "" })},
		{"no name", "name", with(func(u *meter.Upstream) { u.Name = "" })},
		{"a slash in the name", "name", with(func(u *meter.Upstream) { u.Name = "a/b" })},
		{"twice", "twice", []meter.Upstream{good, good}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := meter.Start(meter.Config{Upstreams: c.ups, Admit: admitAll})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error is %v, want one about %q", err, c.want)
			}
		})
	}
	if _, err := meter.Start(meter.Config{Upstreams: []meter.Upstream{good}}); err == nil || !strings.Contains(err.Error(), "Admit") {
		t.Errorf("without Admit: error is %v", err)
	}
}

func TestStartAccepts(t *testing.T) {
	ups := meter.DefaultUpstreams()
	for i, at := range []string{"http://127.0.0.1:1/x", "http://localhost", "http://[::1]:8080", "https://eu.api.openai.com/v1/"} {
		ups = append(ups, meter.Upstream{Name: fmt.Sprintf("u-%d", i), URL: at, Auth: meter.NoAuth})
	}
	p, err := meter.Start(meter.Config{Upstreams: ups, Admit: admitAll})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(p.Addr(), "127.0.0.1:") {
		t.Errorf("it listens on %s, want this machine only", p.Addr())
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	s := p.Open("late")
	if calls := s.Close(t.Context()); len(calls) != 0 {
		t.Errorf("a session of a closed proxy has calls: %v", calls)
	}
}

func TestLogHoldsNoKeysPromptsOrAnswers(t *testing.T) {
	var log logbuffer.Buffer
	n := 0
	r := newRig(t, func(w http.ResponseWriter, q *http.Request) {
		if n++; n == 1 {
			answers(200, jsonType, chatAnswer(1, 2)+" answer-text")(w, q)
			return
		}
		answers(500, jsonType, "answer-text "+q.Header.Get("Authorization"))(w, q)
	}, func(cfg *meter.Config) {
		cfg.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	for range 2 {
		r.post("openai", "/chat/completions", `{"model":"m","messages":"prompt-text"}`)
	}
	r.close()
	text := log.String()
	for _, secret := range []string{realKey, r.session.Token(), "prompt-text", "answer-text"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in the log:\n%s", secret, text)
		}
	}
	if strings.Count(text, `"coverage"`) != 2 {
		t.Errorf("the log does not have both calls:\n%s", text)
	}
}

// A key that may not be used says why, in what was told and in nothing else.
func TestWithheld(t *testing.T) {
	var none meter.Keys
	k := none.Withheld("ours", "it is not for the host \"x\"").Withheld("theirs", "nor this")
	if k.Why("ours") != "it is not for the host \"x\"" || k.Why("theirs") != "nor this" || k.Why("others") != "" || k.Has("ours") || none.Why("ours") != "" {
		t.Errorf("%q, %q, %q", k.Why("ours"), k.Why("theirs"), k.Why("others"))
	}
}
