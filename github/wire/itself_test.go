package wire_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"strings"
	"testing"

	"github.com/pertask/pertask/github/wire"
)

func TestAppItself(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	app := &wire.App{ID: 77, PrivateKey: pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})}
	s := &server{answers: []answer{{502, "", ""}}}
	tr := s.transport(t, func(c *wire.Config) { c.Token, c.App, c.Itself = "", app, true })
	for _, u := range []string{rest + "app", "https://codeload.example/x"} {
		if _, err := send(t, tr, "GET", u, ""); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.got) != 3 || !strings.HasPrefix(s.got[1], "GET /api/v3/app Bearer eyJ") || s.got[2] != "GET /x |pertask-test" {
		t.Errorf("got %q, want a JSON web token for our server only", s.got)
	}
}

func TestAnonymous(t *testing.T) {
	s := &server{}
	tr := s.transport(t, func(c *wire.Config) { c.Token, c.Anonymous = "", true })
	if _, err := send(t, tr, "POST", rest+"app-manifests/x/conversions", "{}"); err != nil || s.got[0] != "POST /api/v3/app-manifests/x/conversions |pertask-test {}" {
		t.Errorf("got %q, %v", s.got, err)
	}
	for _, c := range []wire.Config{{}, {Token: "x", Anonymous: true}, {Token: "x", App: &wire.App{}}} {
		c.REST, c.GraphQL = address(t, rest), address(t, graph)
		if _, err := wire.New(c); err == nil {
			t.Errorf("credentials %q, %v and %v were taken together", c.Token, c.App, c.Anonymous)
		}
	}
}

func TestCursor(t *testing.T) {
	for link, want := range map[string]string{
		``: "", `<https://x/y?page=2>;rel="next"`: "", `<https://x/y?cursor=v1_12&per_page=100>;rel="next"`: "v1_12",
		`<https://x/y?cursor=v1_1>;rel="prev", <https://x/y?per_page=100&cursor=a%2Bb%3D>;rel="next"`: "a+b=", `<https://x/y?cursor=%zz>;rel="next"`: "",
		`<https://x/y?cursor=` + strings.Repeat("a", 400) + `>;rel="next"`: "",
	} {
		s := &server{answers: []answer{{200, "Link: " + link, "[]"}}}
		got := "before"
		if _, err := s.caller(t).Do(t.Context(), wire.Call{Path: "x", Query: url.Values{"cursor": {"c"}}, Cursor: &got}); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", link, got, err, want)
		}
	}
}
