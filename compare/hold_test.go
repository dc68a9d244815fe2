package compare_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/verdict"
)

func TestRunWithholdsWhenSomeTrialsAreNotMetered(t *testing.T) {
	need.Program(t, "curl")
	const call = `curl -sS -H "Authorization: Bearer $PERTASK_TOKEN" -d "{\"model\":\"$PERTASK_MODEL\",\"messages\":[]}" "$PERTASK_BASE_URL/chat/completions"`
	const swap = `curl -sS -H "Authorization: Bearer $PERTASK_TOKEN" -d "{\"model\":\"gpt-5.5\",\"messages\":[]}" "$PERTASK_BASE_URL/chat/completions"`
	for name, tt := range map[string]struct{ second, code string }{
		"a task completes without a call": {"true", "no-calls"},
		"a task calls another model":      {swap, "model-not-requested"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, "name: n\nharness: command\ntasks:\n  - {id: a, grade: 'true', command: '"+call+"'}\n  - {id: b, grade: 'true', command: '"+tt.second+"'}\n")
			r, err := compare.Run(context.Background(), l.opts, l.bench)
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != verdict.Inconclusive || r.Reason.Code != tt.code {
				t.Errorf("verdict %v because of %+v, want inconclusive because of %s", r.Verdict, r.Reason, tt.code)
			}
		})
	}
}

func TestRunWithholdsWhenAnotherModelIsServed(t *testing.T) {
	for served, want := range map[string]string{"gpt-5.4": "another-model-served", "gpt-5.4-mini-2026-03-17": "cheaper"} {
		l := newLab(t, promptSuite)
		l.provider.served = map[string]string{"gpt-5.4-mini": served}
		r, err := compare.Run(context.Background(), l.opts, l.bench)
		if err != nil {
			t.Fatal(err)
		}
		if r.Reason.Code != want {
			t.Errorf("%s served: %+v, want %s", served, r.Reason, want)
		}
	}
}

func TestRunGivesUpOnAProviderThatServesNothing(t *testing.T) {
	l := newLab(t, promptSuite)
	calls := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		http.Error(w, `{"error":{"message":"wrong key"}}`, http.StatusUnauthorized)
	}))
	defer srv.Close()
	good := l.bench.Upstreams
	l.bench.Upstreams = []meter.Upstream{{Name: "openai", Provider: "openai", URL: srv.URL + "/v1", Auth: meter.Bearer, KeyEnv: "OPENAI_API_KEY"}}
	l.bench.Concurrency = 1
	r, err := compare.Run(context.Background(), l.opts, l.bench)
	if err != nil {
		t.Fatal(err)
	}
	if r.Result != verdict.NotMeasured || r.Reason.Code != "provider-broke" || !strings.Contains(r.Reason.Text, "401") {
		t.Errorf("result %s because of %+v", r.Result, r.Reason)
	}
	if calls > 8 {
		t.Errorf("%d calls with a wrong key before giving up", calls)
	}
	// With the right key the same journal goes on: void trials are no evidence.
	l.bench.Upstreams = good
	if r, err = compare.Run(context.Background(), l.opts, l.bench); err != nil || r.Verdict != verdict.Switch {
		t.Errorf("with the right key: %v, %v", r, err)
	}
}

func TestAgentsNarrowsToTheOneThatChanges(t *testing.T) {
	all := arm.WellKnown()
	one := fit.Agents(all, []string{".codex/config.toml", "README.md"})
	for _, w := range one {
		if w.Agent != "codex" {
			t.Errorf("%s of %s is still watched", w.Path, w.Agent)
		}
	}
	if len(one) == 0 || len(fit.Agents(all, []string{".codex/config.toml", ".claude/settings.json"})) != len(all) || len(fit.Agents(all, nil)) != len(all) {
		t.Error("narrowed where it should not")
	}
}

func TestSuiteTouched(t *testing.T) {
	su := &suite.Suite{Files: []string{"evals/suite.yaml", "evals/tasks/a/x.py"}}
	for path, want := range map[string]bool{"evals/tasks/a/x.py": true, ".github/pertask.yml": true, "README.md": false} {
		if _, got := fit.SuiteTouched(su, ".github/pertask.yml", []string{path}); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}
