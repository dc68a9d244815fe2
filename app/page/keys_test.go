package page_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/page"
)

func TestHosts(t *testing.T) {
	got, err := page.Hosts(" LLM.Example.com , llm.example.com:443,llm.example.com.,llm.example.com:08443, [::1]:80,10.0.0.7,")
	if diff := cmp.Diff(got, []string{"llm.example.com", "llm.example.com:8443", "[::1]:80", "10.0.0.7"}); err != nil || diff != "" {
		t.Errorf("%v, got-want:\n%s", err, diff)
	}
	if got, err := page.Hosts(" "); err != nil || len(got) != 0 {
		t.Errorf("of nothing: %q, %v", got, err)
	}
	for _, text := range []string{"https://x.example", "x.example/v1", "a b", "*.example.com", "x:0", "x:65536", "x:", ":80", "u@x.example", "x\ny", "-x", strings.Repeat("x", 300),
		strings.Repeat("a,", 3) + "b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v"} {
		if got, err := page.Hosts(text); err == nil {
			t.Errorf("%q is %q", text, got)
		}
	}
}

// The hosts that a key is for are kept with it, shown, and in the audit log.
func TestKeyForAHost(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "olga")
	x.send(t, c, "/i/7/keys/set", url.Values{"name": {"OPENAI_API_KEY"}, "value": {"sk-fresh"}, "host": {"LLM.example.com"}})
	if a := ask(t, c, x.URL+"/i/7/keys"); !strings.Contains(a.body, "llm.example.com") {
		t.Errorf("the page does not show the host:\n%s", a.body)
	}
	if a := ask(t, c, x.URL+"/i/7/audit"); !strings.Contains(a.body, "OPENAI_API_KEY also for llm.example.com") {
		t.Error("the audit log does not have the host")
	}
}
