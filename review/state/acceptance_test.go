package state_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/review/state"
)

func TestHolds(t *testing.T) {
	for _, tt := range []struct {
		name                   string
		question, digest, book string
		change                 func(*state.Acceptance)
		why                    string
	}{
		{name: "all the same", question: key1, digest: key3, book: key4},
		{name: "another head of the same question", question: key1, digest: key3, book: key4, change: func(a *state.Acceptance) { a.Head = headB }},
		{name: "other settings", question: key2, digest: key3, book: key4, why: "the model settings or the policy have changed since"},
		{name: "another suite", question: key2, digest: key1, book: key4, why: "the suite has changed since"},
		{name: "another suite that the question does not cover", question: key1, digest: key1, book: key4, why: "the suite has changed since"},
		{name: "other prices", question: key1, digest: key3, book: key1, why: "the price book has changed since"},
		{name: "nothing asked", digest: key3, book: key4, why: "there is no question that was accepted"},
		{name: "nothing accepted", digest: key3, book: key4, change: func(a *state.Acceptance) { a.Question = "" }, why: "there is no question that was accepted"},
		{name: "ended before", question: key1, digest: key3, book: key4, change: func(a *state.Acceptance) { a.End = &state.End{Why: "it was taken back"} }, why: "it was taken back"},
		{name: "an end without words", question: key1, digest: key3, book: key4, change: func(a *state.Acceptance) { a.End = &state.End{} }, why: "it has ended"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := accepted("tickets", key1, noon)
			if tt.change != nil {
				tt.change(&a)
			}
			if got, why := a.Holds(tt.question, tt.digest, tt.book); got != (tt.why == "") || why != tt.why {
				t.Errorf("got %v, %q, want %q", got, why, tt.why)
			}
		})
	}
	if ok, _ := (state.Acceptance{}).Holds("", "", ""); ok {
		t.Error("the zero value accepts")
	}
}

func TestProven(t *testing.T) {
	good := state.Proof{Found: true, Author: "ada", Body: "/pertask accept the contract wants it", Pull: 7, CanWrite: true}
	for _, tt := range []struct {
		name   string
		change func(*state.Proof, *state.Acceptance, *int)
		why    string
	}{
		{"as it was", func(*state.Proof, *state.Acceptance, *int) {}, ""},
		{"words added below", func(p *state.Proof, _ *state.Acceptance, _ *int) { p.Body += "\r\n\r\nSee the contract." }, ""},
		{"no answer", func(p *state.Proof, _ *state.Acceptance, _ *int) { *p = state.Proof{} }, "the comment that accepted is gone"},
		{"deleted", func(p *state.Proof, _ *state.Acceptance, _ *int) { p.Found = false }, "the comment that accepted is gone"},
		{"somebody else", func(p *state.Proof, _ *state.Acceptance, _ *int) { p.Author = "eve" }, "the comment that accepted is by somebody else"},
		{"nobody", func(p *state.Proof, a *state.Acceptance, _ *int) { p.Author, a.By = "", "" }, "the comment that accepted is by somebody else"},
		{"another pull request", func(p *state.Proof, _ *state.Acceptance, _ *int) { p.Pull = 8 }, "the comment that accepted is on another pull request"},
		{"an issue", func(p *state.Proof, _ *state.Acceptance, pull *int) { p.Pull, *pull = 0, 0 }, "the comment that accepted is on another pull request"},
		{"no write access", func(p *state.Proof, _ *state.Acceptance, _ *int) { p.CanWrite = false }, "who accepted has no write access now"},
		{"another reason", func(p *state.Proof, _ *state.Acceptance, _ *int) { p.Body += "!" }, "the comment that accepted has been edited since and no longer says so"},
		{"another command", func(p *state.Proof, _ *state.Acceptance, _ *int) { p.Body = "/pertask run" }, "the comment that accepted has been edited since and no longer says so"},
		{"quoted", func(p *state.Proof, _ *state.Acceptance, _ *int) { p.Body = "> " + p.Body }, "the comment that accepted has been edited since and no longer says so"},
		{"withdrawn", func(p *state.Proof, _ *state.Acceptance, _ *int) { p.Body = "~~" + p.Body + "~~" }, "the comment that accepted has been edited since and no longer says so"},
		{"no reason in either", func(p *state.Proof, a *state.Acceptance, _ *int) { p.Body, a.Reason = "/pertask accept", "" }, "the comment that accepted has been edited since and no longer says so"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, a, pull := good, accepted("tickets", key1, noon), 7
			tt.change(&p, &a, &pull)
			if got, why := a.Proven(pull, p); got != (tt.why == "") || why != tt.why {
				t.Errorf("got %v, %q, want %q", got, why, tt.why)
			}
		})
	}
}

func asked(suite, question string) state.Asked {
	return state.Asked{Suite: suite, Question: question, Digest: key3, Book: key4}
}

func accept(t *testing.T, s state.State, as ...state.Acceptance) state.State {
	t.Helper()
	s, err := s.Accept(as...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestLifeOfAnAcceptance goes through pushes: one that changes no setting keeps it, one that does ends it, and it
// does not come back with the settings.
func TestLifeOfAnAcceptance(t *testing.T) {
	s := accept(t, state.State{}.Add(run(noon, measured("tickets", key1))), accepted("tickets", key1, noon.Add(time.Minute)))
	if a, ok := s.Accepted(asked("tickets", key1)); !ok || a.By != "ada" {
		t.Fatalf("got %+v, %v, want the acceptance", a, ok)
	}
	for _, q := range []state.Asked{asked("other", key1), asked("tickets", key2), {Suite: "tickets"}} {
		if a, ok := s.Accepted(q); ok {
			t.Errorf("%+v is accepted by %+v", q, a)
		}
	}
	s, ended := s.Expire([]state.Asked{asked("tickets", key1)}, headB, noon.Add(time.Hour))
	if len(ended) != 0 {
		t.Fatalf("a push that changes no setting ends %+v", ended)
	}
	before := s
	s, ended = s.Expire([]state.Asked{asked("other", key1), asked("tickets", key2)}, headB, noon.Add(2*time.Hour))
	want := accepted("tickets", key1, noon.Add(time.Minute))
	want.End = &state.End{Time: noon.Add(2 * time.Hour), Head: headB, Why: "the model settings or the policy have changed since"}
	if diff := cmp.Diff(ended, []state.Acceptance{want}); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
	if _, ok := before.Accepted(asked("tickets", key1)); !ok {
		t.Error("Expire has changed its receiver")
	}
	s, ended = s.Expire([]state.Asked{asked("tickets", key1)}, headA, noon.Add(3*time.Hour))
	if _, ok := s.Accepted(asked("tickets", key1)); ok || len(ended) != 0 {
		t.Errorf("an acceptance has come back with the settings, or ended twice: %+v", ended)
	}
	if _, err := s.Accept(accepted("tickets", key1, noon.Add(4*time.Hour))); !errors.Is(err, state.ErrUsed) {
		t.Errorf("a workflow that is run again gets %v, want ErrUsed", err)
	}
	again := accepted("tickets", key1, noon.Add(4*time.Hour))
	again.CommentID = 78
	s = accept(t, s, again)
	if a, ok := s.Accepted(asked("tickets", key1)); !ok || !a.Time.Equal(noon.Add(4*time.Hour)) || len(s.Acceptances) != 2 {
		t.Errorf("got %+v, %v, want the new acceptance beside the old one", a, ok)
	}
}

func TestExpireSaysWhy(t *testing.T) {
	for _, tt := range []struct {
		name  string
		asked []state.Asked
		why   string
	}{
		{"settings taken back", nil, "no model setting is changed any more"},
		{"suite gone", []state.Asked{asked("other", key1)}, "the suite is not measured any more"},
		{"suite changed", []state.Asked{{Suite: "tickets", Question: key2, Digest: key1, Book: key4}}, "the suite has changed since"},
		{"prices changed", []state.Asked{{Suite: "tickets", Question: key1, Digest: key3, Book: key1}}, "the price book has changed since"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := accept(t, state.State{}, accepted("tickets", key1, noon))
			s, ended := s.Expire(tt.asked, headB, noon)
			if len(ended) != 1 || ended[0].End.Why != tt.why || s.Acceptances[0].End == nil {
				t.Errorf("got %+v, want %q", ended, tt.why)
			}
		})
	}
}

func TestVoid(t *testing.T) {
	other := accepted("third", key1, noon)
	other.CommentID = 5
	s := accept(t, state.State{}, other)
	s = accept(t, s, accepted("tickets", key1, noon), accepted("open", key2, noon))
	before := s
	s, ended := s.Void(state.Acceptance{CommentID: 77}, "the comment that accepted is gone", headB, noon.Add(time.Hour))
	if len(ended) != 2 || ended[0].End.Why != "the comment that accepted is gone" || ended[1].Suite != "open" {
		t.Errorf("got %+v, want both suites of the comment", ended)
	}
	if _, ok := s.Accepted(asked("tickets", key1)); ok {
		t.Error("a void acceptance holds")
	}
	if _, ok := s.Accepted(asked("third", key1)); !ok {
		t.Error("the acceptance of another comment is void, too")
	}
	if _, again := s.Void(state.Acceptance{CommentID: 77}, "x", headB, noon); len(again) != 0 {
		t.Errorf("%+v ended twice", again)
	}
	if _, ok := before.Accepted(asked("tickets", key1)); !ok {
		t.Error("Void has changed its receiver")
	}
}

func TestAcceptTakesThePlace(t *testing.T) {
	s := accept(t, state.State{}, accepted("tickets", key1, noon), accepted("open", key2, noon))
	later := accepted("tickets", key2, noon.Add(time.Hour))
	later.CommentID, later.By = 78, "bob"
	before := s
	s = accept(t, s, later)
	if a, ok := s.Accepted(asked("tickets", key2)); !ok || a.By != "bob" {
		t.Errorf("got %+v, %v, want bob's", a, ok)
	}
	if got := s.Acceptances[1]; got.End == nil || got.End.Why != "another acceptance has taken its place" {
		t.Errorf("got %+v, want it ended", got)
	}
	if s.Acceptances[2].End != nil || before.Acceptances[0].End != nil {
		t.Error("another suite's acceptance has ended, or the receiver has changed")
	}
}

func TestAcceptRefuses(t *testing.T) {
	var s state.State
	var err error
	n := 0
	for ; n < 100 && err == nil; n++ {
		a := accepted(strings.Repeat("s", n+1), key1, noon)
		a.CommentID, a.Reason = int64(n+1), strings.Repeat("𝛌", 300)
		var next state.State
		if next, err = s.Accept(a); err == nil {
			s = next
		}
	}
	if !errors.Is(err, state.ErrTooMuch) || n < 5 {
		t.Fatalf("got %v after %d, want ErrTooMuch", err, n)
	}
	data, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := state.Decode(data)
	if err != nil || len(got.Acceptances) != n-1 {
		t.Errorf("got %d acceptances, %v, want the %d that were taken", len(got.Acceptances), err, n-1)
	}
	for name, change := range map[string]func(*state.Acceptance){
		"nobody": func(a *state.Acceptance) { a.By = "" }, "no reason": func(a *state.Acceptance) { a.Reason = "" },
		"no such comment": func(a *state.Acceptance) { a.CommentID = -1 }, "no time": func(a *state.Acceptance) { a.Time = time.Time{} },
		"no question": func(a *state.Acceptance) { a.Question = "" }, "no object id": func(a *state.Acceptance) { a.Head = "main" },
	} {
		a := accepted("tickets", key1, noon)
		change(&a)
		if got, err := (state.State{}).Accept(a); err == nil {
			t.Errorf("%s: got %+v, want an error", name, got)
		}
	}
}

func TestShown(t *testing.T) {
	if got := (state.State{}).Shown(); len(got) != 0 {
		t.Errorf("got %+v of no run", got)
	}
	nothing := measured("", "")
	s := state.State{}.Add(run(noon, measured("old", key1))).Add(run(noon.Add(time.Hour), measured("tickets", key2), nothing))
	if diff := cmp.Diff(s.Shown(), []state.Asked{asked("tickets", key2)}); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
}

// Without a comment the person and the moment tell two acceptances apart.
func TestButtonAcceptances(t *testing.T) {
	button := accepted("tickets", key1, noon)
	button.CommentID = 0
	other := button
	other.Suite, other.Question = "open", key2
	later := button
	later.Time = noon.Add(time.Hour)
	somebody := button
	somebody.By = "bob"
	comment := accepted("tickets", key1, noon)
	for name, tt := range map[string]struct {
		a    state.Acceptance
		same bool
	}{"itself": {button, true}, "of another suite": {other, true}, "later": {later, false}, "by another": {somebody, false}, "by a comment": {comment, false}} {
		if got := button.Same(tt.a); got != tt.same {
			t.Errorf("%s: %v", name, got)
		}
	}
	s, err := state.State{}.Accept(button, other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Accept(button); !errors.Is(err, state.ErrUsed) {
		t.Errorf("one press accepted twice: %v", err)
	}
	s, err = s.Accept(later)
	if err != nil {
		t.Fatal(err)
	}
	data, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if s, err = state.Decode(data); err != nil || len(s.Acceptances) != 3 || s.Acceptances[0].CommentID != 0 {
		t.Fatalf("%+v, %v", s.Acceptances, err)
	}
	s, ended := s.Void(button, "it was not pressed", headA, noon)
	if len(ended) != 1 || ended[0].Suite != "open" || s.Acceptances[0].End != nil {
		t.Errorf("ended %+v; the other press of the button stays", ended)
	}
}
