package agentstest_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/pertask/pertask/internal/scripted"
	"github.com/pertask/pertask/trial"
)

// elsewhere are further providers that agents can be pointed at: another wire format each.
var elsewhere = []struct{ name, provider, model, format string }{
	{"pi", "anthropic", "claude-sonnet-4-6", scripted.Messages},
	{"pi", "google", "gemini-2.5-flash", scripted.Generate},
	{"copilot", "anthropic", "claude-sonnet-4-6", scripted.Messages},
	{"qwen", "anthropic", "claude-sonnet-4-6", scripted.Messages},
	{"opencode", "anthropic", "claude-sonnet-4-6", scripted.Messages},
	{"cline", "anthropic", "claude-sonnet-4-6", scripted.Messages},
}

// TestAgentsElsewhere has agents do a task by the wire format of another provider.
func TestAgentsElsewhere(t *testing.T) {
	for _, e := range elsewhere {
		t.Run(e.name+" at "+e.provider, func(t *testing.T) {
			r := named(e.name)
			r.find(t)
			l := r.lab(t, scripted.Config{})
			l.tasks(r.name, 1)
			l.cfg.Arms["base"] = settings("provider", e.provider, "model", e.model)
			l.run(t)
			l.completed(t)
			l.account(t)
			l.attributed(t, 2)
			for _, c := range l.server.Ledger().Calls {
				if c.Format != e.format {
					t.Errorf("a call was made by %s, want %s", c.Format, e.format)
				}
			}
		})
	}
}

func named(name string) real {
	for _, r := range agents {
		if r.name == name {
			return r
		}
	}
	return real{name: name, program: name}
}

// TestAgentsAskNobodyElse has an agent do a task where all other hosts are behind a proxy of this test. The agents are
// those that are known to go by the proxy of their environment for other hosts, and not for this machine.
func TestAgentsAskNobodyElse(t *testing.T) {
	for _, name := range []string{"codex", "pi", "claude-code", "copilot"} {
		t.Run(name, func(t *testing.T) {
			r := named(name)
			r.find(t)
			l := r.lab(t, scripted.Config{})
			var mu sync.Mutex
			var asked []string
			outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				asked = append(asked, q.Method+" "+q.Host)
				http.Error(w, "there is nothing outside", http.StatusBadGateway)
			}))
			t.Cleanup(outside.Close)
			h := l.cfg.Harnesses[name]
			start := h.Start
			h.Start = func(j trial.Job) (trial.Process, error) {
				p, err := start(j)
				for _, v := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
					p.Env = append(p.Env, v+"="+outside.URL)
				}
				return p, err
			}
			l.cfg.Harnesses[name] = h
			l.tasks(r.name, 1)
			l.twoArms(r.provider, r.base, r.head)
			delete(l.cfg.Arms, trial.Head)
			l.run(t)
			l.completed(t)
			mu.Lock()
			defer mu.Unlock()
			if len(asked) > 0 {
				t.Errorf("it asked outside: %q", asked)
			}
		})
	}
}
