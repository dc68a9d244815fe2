package guard_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pertask/pertask/app/page/guard"
)

// Forms of our own pages are taken, and no others; every answer has the headers, also one that refuses.
func TestProtect(t *testing.T) {
	taken := ""
	h, err := guard.Protect("https://pertask.example.com", func(w http.ResponseWriter, _ *http.Request, why string) { http.Error(w, why, http.StatusForbidden) },
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			taken = fmt.Sprint(len(b), err)
		}))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		method string
		header [2]string
		body   string
		status int
		says   string
	}{
		"a page":                 {"GET", [2]string{}, "", 200, "0 <nil>"},
		"our form":               {"POST", [2]string{"Sec-Fetch-Site", "same-origin"}, "x", 200, "1 <nil>"},
		"our form by its origin": {"POST", [2]string{"Origin", "https://pertask.example.com"}, "x", 200, "1 <nil>"},
		"another site's":         {"POST", [2]string{"Sec-Fetch-Site", "cross-site"}, "x", 403, guard.OtherSite},
		"another origin's":       {"POST", [2]string{"Origin", "https://evil.example"}, "x", 403, guard.OtherSite},
		"nobody's":               {"POST", [2]string{}, "x", 403, guard.NoSite},
		"one that is too long":   {"POST", [2]string{"Sec-Fetch-Site", "same-origin"}, strings.Repeat("x", 1<<17), 200, "65536 http: request body too large"},
	} {
		taken = ""
		r := httptest.NewRequest(c.method, "http://127.0.0.1/x", strings.NewReader(c.body))
		if c.header[0] != "" {
			r.Header.Set(c.header[0], c.header[1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status || strings.TrimSpace(w.Body.String())+taken != c.says {
			t.Errorf("%s: %d %s%s; want %d %s", name, w.Code, w.Body, taken, c.status, c.says)
		}
		for _, k := range []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Strict-Transport-Security", "Referrer-Policy", "Cache-Control"} {
			if w.Header().Get(k) == "" {
				t.Errorf("%s: no %s", name, k)
			}
		}
	}
	if _, err := guard.Protect("not an address", nil, nil); err == nil {
		t.Error("an address that is none is taken")
	}
}

// A page of a report may use its own style, and no other.
func TestReportPolicy(t *testing.T) {
	a, b := guard.ReportPolicy("<style>a</style>x"), guard.ReportPolicy("<style>b</style>x")
	if a == b || !strings.Contains(a, "style-src 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='") || !strings.HasPrefix(a, "default-src 'none'; ") {
		t.Errorf("%s\n%s", a, b)
	}
}

// What has no deadlines is written to all the same.
func TestPaced(t *testing.T) {
	w := httptest.NewRecorder()
	if _, err := io.WriteString(guard.Paced(w, 1), "x"); err != nil || w.Body.String() != "x" {
		t.Errorf("%q, %v", w.Body, err)
	}
}
