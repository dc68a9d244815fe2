package review_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github/githubtest/checkstore"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/verdict"
)

// newApp is a pull request that an App reviews under its own name.
func newApp(t *testing.T, config string) stage {
	s := newStage(t, config)
	s.actor.Login, s.actor.App, s.actor.Slug = "pertask[bot]", 77, "pertask"
	s.hub.AddToken(s.token, s.actor)
	s.do("write: bob write")
	return s
}

// app are the options of the App.
func (s stage) app() review.Options {
	o := s.machine()
	o.Buttons = true
	o.Accepted = func(context.Context, state.Acceptance) (bool, error) { return true, nil }
	return o
}

// newest is the newest check run on the head with its buttons.
func (s stage) newest() (c checkstore.Run, buttons string) {
	all := s.hub.Checks(s.repo, s.head)
	c = all[len(all)-1]
	var ids []string
	for _, a := range c.Actions {
		ids = append(ids, a.Identifier)
	}
	return c, strings.Join(ids, " ")
}

func (s stage) review(t *testing.T, o review.Options, tr review.Trigger) (review.Outcome, *sink) {
	t.Helper()
	k := newSink()
	out, err := review.New(o).Review(t.Context(), tr, k)
	if err != nil {
		t.Fatal(err)
	}
	return out, k
}

// TestButtonsOfTheApp takes a pull request from a result that waits to an acceptance by the button, and on.
func TestButtonsOfTheApp(t *testing.T) {
	s := newApp(t, blocking)
	s.do("key: no")
	s.review(t, s.app(), s.trigger())
	if c, buttons := s.newest(); buttons != "pertask-run pertask-accept" || c.Conclusion != "neutral" {
		t.Errorf("what waits has the buttons %q, %+v", buttons, c)
	}
	s.do("key: yes")
	if out, _ := s.review(t, s.app(), s.asks(command.Command{Verb: command.Run})); out.Exit != 1 {
		t.Fatalf("measured: %+v", out)
	}
	if c, buttons := s.newest(); buttons != "pertask-accept" || c.Conclusion != "failure" {
		t.Errorf("what blocks has the buttons %q, %+v", buttons, c)
	}
	accept := s.asks(command.Command{Verb: command.Accept, Reason: "accepted by the button on the check run"})
	s.do("clock: 1h")
	pressed := s.options().Now()
	for name, change := range map[string]func(*review.Options, *review.Trigger){
		"nobody knows when it was pressed":         func(_ *review.Options, tr *review.Trigger) { tr.Pressed = time.Time{} },
		"it was pressed before there was a result": func(_ *review.Options, tr *review.Trigger) { tr.Pressed = pressed.Add(-2 * time.Hour) },
		"there are no buttons":                     func(o *review.Options, _ *review.Trigger) { o.Accepted = nil },
		"it was not pressed": func(o *review.Options, _ *review.Trigger) {
			o.Accepted = func(context.Context, state.Acceptance) (bool, error) { return false, nil }
		},
	} {
		o, tr := s.app(), accept
		tr.Pressed = pressed
		change(&o, &tr)
		out, k := s.review(t, o, tr)
		if out.Reports != nil || k.outputs["result"] != "refused" {
			t.Errorf("%s: %+v, %s", name, out, k.summary)
		}
	}
	accept.Pressed = pressed
	var asked state.Acceptance
	o := s.app()
	o.Accepted = func(_ context.Context, a state.Acceptance) (bool, error) { asked = a; return true, nil }
	if out, k := s.review(t, o, accept); out.Exit != 0 || len(out.Reports) != 1 || out.Reports[0].Result != verdict.Accepted {
		t.Fatalf("pressed: %+v, %s", out, k.summary)
	}
	if asked.By != "bob" || asked.CommentID != 0 || asked.Head != s.head || !asked.Time.Equal(pressed) || asked.Question == "" {
		t.Errorf("asked about %+v", asked)
	}
	if c, buttons := s.newest(); buttons != "" || c.Conclusion != "success" {
		t.Errorf("what is accepted has the buttons %q, %+v", buttons, c)
	}
	if _, k := s.review(t, s.app(), accept); k.outputs["result"] != "refused" {
		t.Errorf("one press accepted twice: %s", k.summary)
	}
	s.do("clock: 1h")
	calls := s.calls.Load()
	if out, _ := s.review(t, s.app(), s.trigger()); out.Exit != 0 || out.Reports[0].Result != verdict.Accepted {
		t.Errorf("the next event: %+v", out)
	}
	o = s.app()
	o.Accepted = func(context.Context, state.Acceptance) (bool, error) { return false, errors.New("no database") }
	if out, err := review.New(o).Review(t.Context(), s.trigger(), newSink()); err == nil || out.Reports[0].Result != verdict.NotMeasured {
		t.Errorf("where it cannot be told: %+v, %v", out, err)
	}
	o.Accepted = nil // such as by a workflow
	if out, _ := s.review(t, o, s.trigger()); out.Exit != 1 || out.Reports[0].Verdict != verdict.DontSwitch || s.calls.Load() != calls {
		t.Errorf("without proof: %+v after %d calls more", out, s.calls.Load()-calls)
	}
	if out, _ := s.review(t, s.app(), s.trigger()); out.Exit != 1 {
		t.Errorf("an acceptance that has ended holds again: %+v", out)
	}
}

// What may be spent from outside is the lower of two limits, and nothing is spent when it is not known.
func TestBudgetFromOutside(t *testing.T) {
	usd := func(s string) price.Amount { return price.Known(price.MustMoney(s)) }
	for _, tt := range []struct {
		name  string
		left  price.Amount
		err   error
		code  string
		calls int64 // at most
	}{
		{"no limit", price.Amount{}, nil, "", 40},
		{"enough", usd("100"), nil, "", 40},
		{"little", usd("0.10"), nil, "budget-incomplete", 12},
		{"nothing", usd("0"), nil, "budget-spent", 0},
		{"less than nothing", usd("-1"), nil, "budget-spent", 0},
		{"not known", usd("100"), errors.New("no database"), "budget-not-known", 0},
	} {
		s := newApp(t, "")
		o := s.app()
		o.Budget = func(context.Context) (price.Amount, error) { return tt.left, tt.err }
		out, _ := s.review(t, o, s.trigger())
		r := out.Reports[0]
		if n := s.calls.Load(); n > tt.calls || tt.calls > 0 && n == 0 || tt.calls == 40 && n != 40 {
			t.Errorf("%s: %d calls, want at most %d", tt.name, n, tt.calls)
		}
		if tt.calls == 0 && (r.Result != verdict.NotMeasured || r.Reason.Code != tt.code) || tt.calls == 12 && r.Verdict != verdict.Inconclusive || tt.calls == 40 && r.Verdict != verdict.DontSwitch {
			t.Errorf("%s: %s %v because of %s", tt.name, r.Result, r.Verdict, r.Reason.Code)
		}
		if tt.calls == 0 { // what is known already is said without money
			o.Budget = nil
			s.review(t, o, s.trigger())
			o.Budget = func(context.Context) (price.Amount, error) { return tt.left, tt.err }
			if out, _ := s.review(t, o, s.trigger()); out.Reports[0].Verdict != verdict.DontSwitch {
				t.Errorf("%s: a verdict that is there: %+v", tt.name, out.Reports[0].Reason)
			}
		}
	}
}

// A workflow has no buttons.
func TestNoButtons(t *testing.T) {
	s := newStage(t, blocking)
	s.review(t, s.machine(), s.trigger())
	if _, buttons := s.newest(); buttons != "" {
		t.Errorf("buttons %q", buttons)
	}
}

// What is left is asked again where trials begin: others may have spent it while a review waited for its turn, or measured the
// suite before.
func TestBudgetIsAskedAgainWhereTrialsBegin(t *testing.T) {
	much, nothing := price.Known(price.MustMoney("100")), price.Known(price.Money{})
	for _, tt := range []struct {
		name  string
		left  []price.Amount // by question
		err   error          // of the last one
		codes []string       // of what is not measured, by suite
	}{
		{"spent while it waited", []price.Amount{much, nothing, nothing}, nil, []string{"budget-spent", "budget-spent"}},
		{"spent by the suite before", []price.Amount{much, much, nothing}, nil, []string{"", "budget-spent"}},
		{"not known any more", []price.Amount{much, much, much}, errors.New("no database"), []string{"", "budget-not-known"}},
	} {
		w := scenario(t, "two-suites")
		o := w.options(io.Discard)
		asked := 0
		o.Budget = func(context.Context) (price.Amount, error) {
			if asked++; asked == len(tt.left) {
				return tt.left[asked-1], tt.err
			}
			return tt.left[asked-1], nil
		}
		out, err := review.New(o).Review(t.Context(), w.trigger(), newSink())
		if err != nil || len(out.Reports) != 2 || asked != 3 {
			t.Fatalf("%s: %+v after %d questions, %v", tt.name, out, asked, err)
		}
		for i, code := range tt.codes {
			r := out.Reports[i]
			if m, known := r.SpentUSD.Value(); (code == "") != (r.Result == verdict.Measured) || code != "" && r.Reason.Code != code || !known || m.IsZero() != (code != "") {
				t.Errorf("%s: suite %q is %s because of %q, for %s", tt.name, r.Suite, r.Result, r.Reason.Code, r.SpentUSD)
			}
		}
		if called := w.calls.Load() > 0; called != (tt.codes[0] == "") {
			t.Errorf("%s: %d calls", tt.name, w.calls.Load())
		}
	}
}
