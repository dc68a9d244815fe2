package appstore_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github/githubtest/appstore"
)

var now = time.Unix(1_800_000_000, 0)

// counting makes up texts that tell one another apart.
func counting() func(int) string {
	n := 0
	return func(size int) string { n++; return fmt.Sprintf("%d-%d", n, size) }
}

func register(t *testing.T, s *appstore.Store, a appstore.App) *appstore.Registered {
	t.Helper()
	r, err := s.Register(a)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// token signs claims with an App's key.
func token(t *testing.T, r *appstore.Registered, claims string) string {
	t.Helper()
	block, _ := pem.Decode(r.Private)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func claims(iss string, issued, expires time.Duration) string {
	return fmt.Sprintf(`{"iss":%q,"iat":%d,"exp":%d}`, iss, now.Add(issued).Unix(), now.Add(expires).Unix())
}

func TestSigned(t *testing.T) {
	s := appstore.New(counting())
	r, other := register(t, s, appstore.App{ID: 77}), register(t, s, appstore.App{ID: 78})
	good := token(t, r, claims("77", 0, time.Minute))
	for name, tt := range map[string]struct {
		jwt  string
		want bool
	}{
		"good":                 {good, true},
		"the longest life":     {token(t, r, claims("77", 0, 11*time.Minute)), true},
		"too long a life":      {token(t, r, claims("77", 0, 11*time.Minute+time.Second)), false},
		"over":                 {token(t, r, claims("77", -time.Minute, 0)), false},
		"a clock ahead":        {token(t, r, claims("77", time.Minute, 2*time.Minute)), true},
		"a clock far ahead":    {token(t, r, claims("77", time.Minute+time.Second, 2*time.Minute)), false},
		"another issuer":       {token(t, r, claims("78", 0, time.Minute)), false},
		"another key":          {token(t, other, claims("77", 0, time.Minute)), false},
		"a changed signature":  {good[:len(good)-8] + "AAAAAAAA", false},
		"two parts":            {good[:strings.LastIndex(good, ".")], false},
		"no base64":            {good + "!", false},
		"claims of no base64":  {"a.!." + strings.Split(good, ".")[2], false},
		"claims that are text": {token(t, r, "x"), false},
		"nothing":              {"", false},
	} {
		if got := r.Signed(tt.jwt, now); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
		if got := s.ByJWT(tt.jwt, now) == r; got != tt.want {
			t.Errorf("%s: found is %v, want %v", name, got, tt.want)
		}
	}
}

func TestRegister(t *testing.T) {
	s := appstore.New(counting())
	made, told := register(t, s, appstore.App{ID: 77}), register(t, s, appstore.App{
		ID: 78, Slug: "s", Name: "n", Owner: "o", ClientID: "c", ClientSecret: "cs", WebhookSecret: "ws", HookURL: "https://hook.example",
	})
	if diff := cmp.Diff(made.App, appstore.App{ID: 77, Slug: "app-77", Name: "app-77", Owner: "acme", ClientID: "Iv231-8", ClientSecret: "2-20", WebhookSecret: "3-20"}); diff != "" {
		t.Errorf("made up, got-want:\n%s", diff)
	}
	if h := told.Hook(); h.URL != "https://hook.example" || h.Secret != "ws" || h.App != 78 {
		t.Errorf("got %+v", h)
	}
	if m := told.Body().JSON(); m["slug"] != "s" || m["name"] != "n" || m["client_id"] != "c" {
		t.Errorf("got %v", m)
	}
	for id, want := range map[string]*appstore.Registered{"c": told, made.ClientID: made, "": nil, "x": nil} {
		if got := s.ByClient(id); got != want {
			t.Errorf("client %q: got %v", id, got)
		}
	}
	if s.App(77) != made || s.App(78) != told || s.App(79) != nil {
		t.Error("an App is not found by its id")
	}
}

func TestInstallations(t *testing.T) {
	s := appstore.New(counting())
	a, b := register(t, s, appstore.App{ID: 77}), register(t, s, appstore.App{ID: 78})
	all := &appstore.Installation{ID: 9, App: a, Account: "acme"}
	some := &appstore.Installation{ID: 8, App: a, Account: "evil", Repos: map[int64]bool{5: true}, Suspended: now}
	for _, i := range []*appstore.Installation{all, some, {ID: 7, App: b}} {
		s.Install(i)
	}
	if !all.Has(5) || !all.Has(6) || !some.Has(5) || some.Has(6) {
		t.Error("an installation has the wrong repositories")
	}
	ids := func() (out []int64) {
		for _, i := range s.Installed(func(i *appstore.Installation) bool { return i.App == a }) {
			out = append(out, i.ID)
		}
		return out
	}
	if diff := cmp.Diff(ids(), []int64{8, 9}); diff != "" {
		t.Errorf("installed, got-want:\n%s", diff)
	}
	if m := some.JSON(); m["repository_selection"] != "selected" || m["suspended_at"] == nil || m["app_id"] != int64(77) {
		t.Errorf("got %v", m)
	}
	if m := all.JSON(); m["repository_selection"] != "all" || m["suspended_at"] != nil {
		t.Errorf("got %v", m)
	}
	one, two := s.Token(all), s.Token(all)
	if !strings.HasPrefix(one, "ghs_77_ey") || strings.Count(one, ".") != 2 || one == two {
		t.Errorf("got %q and %q", one, two)
	}
	if s.Uninstall(8) != some || s.Uninstall(8) != nil || s.Installation(8) != nil || s.Installation(9) != all {
		t.Error("the wrong installation was taken away")
	}
	if diff := cmp.Diff(ids(), []int64{9}); diff != "" {
		t.Errorf("left, got-want:\n%s", diff)
	}
}
