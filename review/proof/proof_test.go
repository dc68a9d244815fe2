package proof_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/review/proof"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/verdict"
)

var (
	headA = strings.Repeat("a", 40)
	headB = strings.Repeat("b", 40)
)

// hub is a GitHub with check runs by commit, and one comment.
type hub struct {
	checks  map[string][]github.CheckRun
	asked   []string
	comment github.PersonComment
	writes  bool
	fail    error
	noWrite error
}

func (h *hub) Checks(_ context.Context, _ github.Repo, sha, name string) ([]github.CheckRun, error) {
	h.asked = append(h.asked, sha[:1]+" "+name)
	return h.checks[sha], h.fail
}

func (h *hub) PersonComment(context.Context, github.Repo, int64) (github.PersonComment, error) {
	return h.comment, h.fail
}

func (h *hub) CanWrite(context.Context, github.Repo, string) (bool, error) {
	return h.writes, h.noWrite
}

func kept(head string, v verdict.Verdict) state.Run {
	return state.Run{Head: head, Suites: []state.Suite{{Name: "s", Question: "q", Result: verdict.Measured, Verdict: v, Conclusion: "neutral", Cap: 8, Ended: true}}}
}

// shows is a check run that shows a run.
func shows(id int64, r state.Run) github.CheckRun {
	return github.CheckRun{ID: id, App: "github-actions", Status: github.StatusCompleted, Conclusion: "neutral", ExternalID: r.Key(), Title: "Don't switch"}
}

func found(runs ...state.Run) []state.Found {
	var out []state.Found
	for _, r := range runs {
		out = append(out, state.Found{Run: r, Suite: r.Suites[0]})
	}
	return out
}

// TestVerdict: mine is the check run of the review that asks, on headB.
func TestVerdict(t *testing.T) {
	a, b := kept(headA, verdict.DontSwitch), kept(headB, verdict.DontSwitch)
	other := kept(headA, verdict.Switch)
	mine := github.CheckRun{ID: 99, App: "github-actions", Status: github.StatusInProgress}
	with := func(change func(*github.CheckRun)) github.CheckRun {
		r := shows(1, a)
		change(&r)
		return r
	}
	for _, tt := range []struct {
		name   string
		onA    []github.CheckRun
		onB    []github.CheckRun
		found  []state.Found
		kept   []state.Run
		want   int64
		reason string
	}{
		{"shown", []github.CheckRun{shows(1, a)}, nil, found(a), []state.Run{a}, 1, ""},
		{"shown twice", []github.CheckRun{shows(1, a), shows(4, a)}, nil, found(a), []state.Run{a}, 4, ""},
		{"nothing was found", []github.CheckRun{shows(1, a)}, nil, nil, nil, 0, "there is none"},
		{"not shown", nil, nil, found(a), []state.Run{a}, 0, "no check run of ours"},
		{"shown at another commit", nil, []github.CheckRun{shows(1, a)}, found(a), []state.Run{a}, 0, "no check run of ours"},
		{"another result", []github.CheckRun{shows(1, other)}, nil, found(a), []state.Run{a, other}, 0, "no check run of ours"},
		{"of another App", []github.CheckRun{with(func(r *github.CheckRun) { r.App = "ci" })}, nil, found(a), []state.Run{a}, 0, "no check run of ours"},
		{"of no App", []github.CheckRun{with(func(r *github.CheckRun) { r.App = "" })}, nil, found(a), []state.Run{a}, 0, "no check run of ours"},
		{"under way", []github.CheckRun{with(func(r *github.CheckRun) { r.Status, r.Conclusion = github.StatusInProgress, "" })}, nil, found(a), []state.Run{a}, 0, "no check run of ours"},
		{"another conclusion", []github.CheckRun{with(func(r *github.CheckRun) { r.Conclusion = "success" })}, nil, found(a), []state.Run{a}, 0, "has the conclusion success"},
		{"a later result that is not kept", []github.CheckRun{shows(1, a), shows(2, other)}, nil, found(a), []state.Run{a}, 0, "does not keep"},
		{"a later result that is kept", []github.CheckRun{shows(1, a), shows(2, other)}, nil, found(a), []state.Run{other, a}, 1, ""},
		{"an earlier result that is not kept", []github.CheckRun{shows(1, other), shows(2, a)}, nil, found(a), []state.Run{a}, 2, ""},
		{"a later one that shows no result", []github.CheckRun{shows(1, a), {ID: 3, App: "github-actions", Status: github.StatusCompleted, Conclusion: "neutral", ExternalID: "sha256:1"}}, nil, found(a), []state.Run{a}, 1, ""},
		{"the newest was not shown, and one that says the same was", []github.CheckRun{shows(1, a)}, nil, found(b, a), []state.Run{b, a}, 1, ""},
		{"here", nil, []github.CheckRun{shows(1, b)}, found(b), []state.Run{b}, 1, ""},
		{"a run without a commit", []github.CheckRun{shows(1, a)}, nil, found(kept("", verdict.Switch)), nil, 0, "no key"},
	} {
		h := &hub{checks: map[string][]github.CheckRun{headA: tt.onA, headB: append(tt.onB, mine)}}
		c := &proof.Checks{Client: h, Name: "pertask", ID: 99, Head: headB}
		f, run, err := c.Verdict(t.Context(), tt.found, tt.kept)
		if run.ID != tt.want || (err == nil) != (tt.want != 0) || err != nil && !strings.Contains(err.Error(), tt.reason) {
			t.Errorf("%s: check run %d, %v; want %d, %q", tt.name, run.ID, err, tt.want, tt.reason)
		}
		if tt.want != 0 && f.Run.Head == "" {
			t.Errorf("%s: it is not said which run", tt.name)
		}
		if len(h.asked) > 2 {
			t.Errorf("%s: %d requests", tt.name, len(h.asked))
		}
	}
}

// Where it cannot be told whose check runs are, none vouches for anything.
func TestWhose(t *testing.T) {
	a := kept(headA, verdict.DontSwitch)
	list := map[string][]github.CheckRun{headA: {shows(1, a)}, headB: {{ID: 99}}}
	for name, c := range map[string]*proof.Checks{
		"no check run of its own":     {Client: &hub{checks: list}, Head: headB},
		"GitHub does not say":         {Client: &hub{checks: list}, ID: 99, Head: headB},
		"its own is not in the list":  {Client: &hub{checks: list}, ID: 98, Head: headB},
		"GitHub does not answer":      {Client: &hub{checks: list, fail: errors.New("down")}, ID: 99, Head: headB},
		"nor where the App is known":  {Client: &hub{checks: list, fail: errors.New("down")}, App: "github-actions"},
		"another App than ours it is": {Client: &hub{checks: list}, App: "pertask"},
	} {
		if _, _, err := c.Verdict(t.Context(), found(a), []state.Run{a}); err == nil {
			t.Errorf("%s: it was vouched for", name)
		}
	}
	c := &proof.Checks{Client: &hub{checks: list}, App: "github-actions"}
	if _, run, err := c.Verdict(t.Context(), found(a), []state.Run{a}); err != nil || run.ID != 1 || run.Title != "Don't switch" {
		t.Errorf("where the App is known: %+v, %v", run, err)
	}
}

// Of a question that was answered often only the newest are asked about.
func TestVerdictAsksLittle(t *testing.T) {
	var runs []state.Run
	h := &hub{checks: map[string][]github.CheckRun{}}
	for _, c := range "0123456789" {
		runs = append(runs, kept(strings.Repeat(string(c), 40), verdict.Switch))
	}
	c := &proof.Checks{Client: h, App: "github-actions"}
	if _, _, err := c.Verdict(t.Context(), found(runs...), runs); err == nil || len(h.asked) != 3 {
		t.Errorf("%d requests, %v", len(h.asked), err)
	}
}

func TestAcceptance(t *testing.T) {
	written := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	a := state.Acceptance{By: "bob", Reason: "due", CommentID: 7}
	good := github.PersonComment{ID: 7, Body: "/pertask accept due", Author: "bob", Pull: 1, Created: written}
	for _, tt := range []struct {
		name string
		h    hub
		why  string
		err  bool
	}{
		{"given", hub{comment: good, writes: true}, "", false},
		{"without write access", hub{comment: good}, "no write access", false},
		{"gone", hub{fail: github.ErrNotFound}, "gone", false},
		{"not known", hub{comment: good, writes: true, fail: errors.New("down")}, "", true},
		{"the access is not known", hub{comment: good, noWrite: errors.New("down")}, "", true},
		{"by a program", hub{comment: github.PersonComment{Bot: true, Author: "bob"}, writes: true}, "no person's", false},
		{"by another", hub{comment: github.PersonComment{Author: "eve", Pull: 1}, writes: true}, "somebody else", false},
	} {
		at, why, err := proof.Acceptance(t.Context(), &tt.h, github.Repo{}, 1, a, nil)
		if (err != nil) != tt.err || !strings.Contains(why, tt.why) || (why == "") != (tt.why == "") {
			t.Errorf("%s: %q, %v; want %q", tt.name, why, err, tt.why)
		}
		if tt.name == "given" && !at.Equal(written) {
			t.Errorf("written at %v", at)
		}
	}
}

// A button has no comment: whoever has buttons knows of them, and nobody else.
func TestAcceptanceByAButton(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	a := state.Acceptance{By: "bob", Reason: "due", Time: at}
	says := func(ok bool, err error) func(context.Context, state.Acceptance) (bool, error) {
		return func(_ context.Context, got state.Acceptance) (bool, error) {
			if got != a {
				t.Errorf("asked about %+v", got)
			}
			return ok, err
		}
	}
	for _, tt := range []struct {
		name    string
		h       hub
		pressed func(context.Context, state.Acceptance) (bool, error)
		why     string
		err     bool
	}{
		{"pressed", hub{writes: true}, says(true, nil), "", false},
		{"where there are no buttons", hub{writes: true}, nil, "no buttons here", false},
		{"not pressed", hub{writes: true}, says(false, nil), "nothing is known", false},
		{"not known", hub{writes: true}, says(true, errors.New("down")), "", true},
		{"without write access", hub{}, says(true, nil), "no write access", false},
		{"the access is not known", hub{writes: true, noWrite: errors.New("down")}, says(true, nil), "", true},
		{"a comment of that number", hub{writes: true, comment: github.PersonComment{Body: "/pertask accept due", Author: "bob", Pull: 1}}, nil, "no buttons here", false},
	} {
		when, why, err := proof.Acceptance(t.Context(), &tt.h, github.Repo{}, 1, a, tt.pressed)
		if (err != nil) != tt.err || !strings.Contains(why, tt.why) || (why == "") != (tt.why == "") || !when.Equal(at) {
			t.Errorf("%s: %v, %q, %v; want %q", tt.name, when, why, err, tt.why)
		}
	}
}
