package page_test

import (
	"net/url"
	"strings"
	"testing"
)

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
