package agentstest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/internal/scripted"
	"github.com/pertask/pertask/usage"
)

// account holds what was metered against what was served: call by call, trial by trial, and in sum.
func (l *lab) account(t *testing.T) {
	t.Helper()
	ledger := l.server.Ledger()
	left := map[string]scripted.Served{}
	for _, s := range ledger.Calls {
		if s.Status == 200 {
			left[s.ID] = s
		}
	}
	metered := usage.None()
	for _, r := range l.results {
		for _, c := range r.Calls {
			if c.Status != 200 {
				continue
			}
			s, ok := left[c.ResponseID]
			if !ok {
				t.Errorf("%s has a call that was not served, or was metered twice: %+v", r.Trial.ID, c)
				continue
			}
			delete(left, c.ResponseID)
			l.sameCall(t, r.Trial.Task, c, s)
			if s.Text != "" && (s.Text != textOf(r.Trial.Task) || c.Trial != r.Trial.ID) {
				t.Errorf("a call for %q was metered as one of %s", s.Text, r.Trial.ID)
			}
			metered = metered.Plus(c.Consumed())
		}
	}
	for _, s := range left {
		t.Errorf("a call was served and not metered: %+v", s)
	}
	if diff := cmp.Diff(ledger.Total(func(s scripted.Served) bool { return s.Status == 200 }), metered); diff != "" {
		t.Errorf("what was served and what was metered differ (-served +metered):\n%s", diff)
	}
	if ledger.Refused > 0 || len(ledger.Leaks) > 0 {
		t.Errorf("%d requests came without a real key, and placeholders came through in %q", ledger.Refused, ledger.Leaks)
	}
	if len(ledger.Strays) > 0 {
		t.Logf("besides calls to a model came %q", ledger.Strays)
	}
}

func (l *lab) sameCall(t *testing.T, task string, c usage.Call, s scripted.Served) {
	t.Helper()
	if c.Coverage != usage.Complete || c.Tokens != s.Tokens || len(c.Parts) > 0 {
		t.Errorf("a call of %s is %s (%s), with these tokens (-served +metered):\n%s", task, c.Coverage, c.Problem, cmp.Diff(s.Tokens, c.Tokens))
	}
	if c.RequestedModel != s.Model || c.Format != s.Format {
		t.Errorf("a call of %s asks for %s by %s; %s was asked for by %s", task, c.RequestedModel, c.Format, s.Model, s.Format)
	}
	if want := keys[l.upstream[c.Upstream].KeyEnv]; s.Key != want {
		t.Errorf("a call to %s has the key %q, want %q", c.Upstream, s.Key, want)
	}
}

// attributed holds the calls of each trial to be those of its arm: two for the task itself, with the arm's model and no
// other, and whatever the agent asks on the side by the models that it may use for that.
func (l *lab) attributed(t *testing.T, calls int, side ...string) {
	t.Helper()
	for _, r := range l.results {
		own, others := 0, map[string]bool{}
		for _, model := range side {
			others[model] = true
		}
		a := l.cfg.Arms[r.Trial.Arm]
		for _, c := range r.Calls {
			switch {
			case c.RequestedModel == a.Model():
				own++
			case !others[c.RequestedModel]:
				t.Errorf("%s declares %s and asked for %s", r.Trial.ID, a.Model(), c.RequestedModel)
			}
		}
		if own < calls {
			t.Errorf("%s made %d calls to its model, want at least %d: %s", r.Trial.ID, own, calls, short(r.Calls))
		}
	}
}

// efforts holds the calls that do a task to ask for the effort that the arm's model was given.
func (l *lab) efforts(t *testing.T, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for _, s := range l.server.Ledger().Calls {
		if s.Tool != "" {
			got[s.Model] = s.Effort
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("efforts by model differ (-want +got):\n%s", diff)
	}
}

// told holds what the agents themselves say that they consumed to be what was metered. One that lumps takes what was
// written to a cache for plain input.
func (l *lab) told(t *testing.T, lumps bool) {
	t.Helper()
	for _, r := range l.results {
		if r.Trial.SelfReport == nil {
			t.Errorf("%s says nothing of its consumption", r.Trial.ID)
			continue
		}
		sum := usage.None()
		for _, c := range r.Calls {
			if c.Status == 200 {
				sum = sum.Plus(c.Consumed())
			}
		}
		if diff := cmp.Diff(totals(sum, lumps), totals(r.Trial.SelfReport.Tokens, lumps)); diff != "" {
			t.Errorf("%s says something else than was metered (-metered +said):\n%s", r.Trial.ID, diff)
		}
	}
}

// totals are the classes that agents tell of: most do not say for which time they wrote to a cache.
func totals(t usage.Tokens, lumps bool) map[string]string {
	created := usage.Known(0)
	for _, c := range []usage.Count{t.CacheCreation, t.CacheCreation5m, t.CacheCreation1h} {
		if c.IsKnown() {
			created = created.Plus(c)
		}
	}
	if lumps {
		t.Input, created = t.Input.Plus(created), usage.Known(0)
	}
	return map[string]string{"input": t.Input.String(), "read": t.CacheRead.String(), "created": created.String(), "output": t.Output.String()}
}

// twoArms are two arms of different models at a provider.
func (l *lab) twoArms(provider string, base, head []string) {
	at := []string{string(arm.Provider), provider}
	l.cfg.Arms["base"] = settings(append(at, base...)...)
	l.cfg.Arms["head"] = settings(append(at, head...)...)
}
