package traffic_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github/githubtest/traffic"
)

// TestSign is the example of GitHub's documentation, "Validating webhook deliveries".
func TestSign(t *testing.T) {
	const want = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	if got := traffic.Sign("It's a Secret to Everybody", []byte("Hello, World!")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestGUID(t *testing.T) {
	is := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	if a, b := traffic.GUID(), traffic.GUID(); a == b || !is.MatchString(a) {
		t.Errorf("got %s and %s", a, b)
	}
}

func TestForms(t *testing.T) {
	var body, kind, sum string
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		body, kind, sum = string(raw), r.Header.Get("Content-Type"), r.Header.Get("X-Hub-Signature-256")
	}))
	defer s.Close()
	var d traffic.Deliveries
	got := d.Send(traffic.Hook{URL: s.URL, Secret: "x", Form: true}, traffic.Delivery{Event: "ping", Payload: []byte(`{"a":"b"}`)}, time.Now)
	form, err := url.ParseQuery(body)
	if err != nil || got.Status != 200 || kind != "application/x-www-form-urlencoded" || form.Get("payload") != `{"a":"b"}` || sum != traffic.Sign("x", []byte(body)) {
		t.Errorf("got %+v, %q of %q, signed %q, %v", got, body, kind, sum, err)
	}
	if d.Send(traffic.Hook{URL: s.URL}, traffic.Delivery{}, time.Now); sum != "" {
		t.Errorf("without a secret it is signed %q", sum)
	}
	if got := d.Send(traffic.Hook{URL: "::"}, traffic.Delivery{}, time.Now); !got.Failed() || !strings.Contains(got.Answer, "failed to connect") {
		t.Errorf("got %+v", got)
	}
}

func TestPages(t *testing.T) {
	status := 200
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer s.Close()
	var d traffic.Deliveries
	send := func(guid string) {
		d.Send(traffic.Hook{URL: s.URL, App: 7}, traffic.Delivery{GUID: guid}, time.Now)
	}
	for _, guid := range []string{"a", "b", "c", "d", "e"} {
		if guid == "a" || guid == "c" || guid == "e" {
			status = 503
		} else {
			status = 202
		}
		send(guid)
	}
	read := func(which string) (out string) {
		cursor := ""
		for {
			page, next, err := d.Page(7, which, cursor, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range page {
				out += x.GUID
			}
			if cursor = next; next == "" {
				return out
			}
			out += "|"
			if out == "ec|" || out == "ed|" {
				status = 202
				send("f") // which does not shift the pages that follow
			}
		}
	}
	if got := read("failure"); got != "ec|a" {
		t.Errorf("failed: got %s", got)
	}
	if got := read("success"); got != "fd|b" {
		t.Errorf("well: got %s", got)
	}
	if got := read(""); got != "fe|dc|ba" {
		t.Errorf("all: got %s", got)
	}
	if page, _, err := d.Page(8, "", "", 2); err != nil || len(page) != 0 {
		t.Errorf("another App: got %v, %v", page, err)
	}
	if _, _, err := d.Page(7, "", "x", 2); err == nil {
		t.Error("a cursor that is none was taken")
	}
	if _, ok := d.Find(8, d.All(7)[0].ID); ok {
		t.Error("another App finds it")
	}
}
