package state

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pertask/pertask/review/command"
)

// Acceptance is a person's word that a change may go in whatever its verdict. It is about one suite and one question: a
// comment that accepts several suites makes several acceptances.
type Acceptance struct {
	By        string    // login
	Reason    string    // as command.Command has it
	Time      time.Time // of the review that took it
	CommentID int64     // of the person's comment; 0 for a button, which was pressed at Time
	Head      string    // object id of the head at which it was given: shown, and no condition
	Suite     string    // name
	Question  string    // as Suite.Question
	Digest    string    // of the suite
	Book      string    // digest of the price book
	// End is set when the acceptance no longer holds. It never holds again, even when the change it was about comes back.
	End *End
}

// Same reports whether two acceptances were given by the same word: one comment, or one press of a button, which has none.
func (a Acceptance) Same(o Acceptance) bool {
	return a.CommentID == o.CommentID && (a.CommentID != 0 || a.By == o.By && a.Time.Equal(o.Time))
}

// End says when an acceptance ended and why.
type End struct {
	Time time.Time `json:"time"`
	Head string    `json:"head"` // object id of the head that ended it
	Why  string    `json:"why"`  // a sentence without the full stop, plain text
}

// Asked is what a review asks about one suite: what an acceptance has to have been given for.
type Asked struct {
	Suite    string // name
	Question string
	Digest   string // of the suite
	Book     string // digest of the price book
	Prices   string // key of the price book with the contracts, which an acceptance does not depend on
}

// Holds reports whether an acceptance was given for this question, this suite and these prices, and if not, why not: a
// sentence without the full stop, plain text. It does not say that the acceptance was given at all; that is Proven's.
func (a Acceptance) Holds(question, digest, book string) (bool, string) {
	switch {
	case a.End != nil:
		return false, cmp.Or(a.End.Why, "it has ended")
	case a.Question == "" || question == "":
		return false, "there is no question that was accepted"
	case a.Digest != digest:
		return false, "the suite has changed since"
	case a.Question != question:
		return false, "the model settings or the policy have changed since"
	case a.Book != book:
		return false, "the price book has changed since"
	}
	return true, ""
}

// Proof is what GitHub says now about the comment of an acceptance and its author. The zero value
// proves nothing. Whoever cannot ask GitHub has none: the acceptance does not count then, and is not ended either.
type Proof struct {
	Found    bool   // the comment exists
	Author   string // login
	Body     string
	Pull     int  // number of the pull request that the comment is on
	CanWrite bool // the author may write to the repository now
}

// Proven reports whether an acceptance was given by whom it says: the state that it is kept in may have been written by
// another workflow of the repository or by a person who edited the comment. It returns why not otherwise: a
// sentence without the full stop, plain text.
func (a Acceptance) Proven(pull int, e Proof) (bool, string) {
	switch {
	case !e.Found:
		return false, "the comment that accepted is gone"
	case a.By == "" || e.Author != a.By:
		return false, "the comment that accepted is by somebody else"
	case pull <= 0 || e.Pull != pull:
		return false, "the comment that accepted is on another pull request"
	case !e.CanWrite:
		return false, "who accepted has no write access now"
	}
	c, ok, err := command.Parse(e.Body)
	if !ok || err != nil || c.Verb != command.Accept || c.Reason != a.Reason {
		return false, "the comment that accepted has been edited since and no longer says so"
	}
	return true, ""
}

// ErrTooMuch is more acceptances than can be kept.
var ErrTooMuch = errors.New("too much to keep")

// ErrUsed is a comment that has accepted already. A workflow that is run again must not accept, in a person's name, what
// that person has never seen.
var ErrUsed = errors.New("the comment has been taken already")

// Shown is what the newest run is about, and so what a person accepts who has read our comment: not what the head has
// become in the meantime. It is empty where there is nothing to accept.
func (s State) Shown() []Asked {
	var out []Asked
	if len(s.Runs) == 0 {
		return nil
	}
	for _, u := range s.Runs[0].Suites {
		if u.Question != "" {
			out = append(out, Asked{Suite: u.Name, Question: u.Question, Digest: u.Digest, Book: u.Book, Prices: u.Prices})
		}
	}
	return out
}

// Accept returns the state with acceptances, all from one comment. One that is there about the same suite ends, with the
// new one as the reason. It fails for one that is malformed, with ErrUsed for a comment that is there, and with
// ErrTooMuch when there would be no room for those that have not ended.
func (s State) Accept(as ...Acceptance) (State, error) {
	had := slices.Clone(s.Acceptances)
	for _, a := range as {
		if _, err := a.cleaned(); err != nil {
			return State{}, fmt.Errorf("keeping an acceptance: %w", err)
		}
		if slices.ContainsFunc(s.Acceptances, func(o Acceptance) bool { return o.Same(a) }) {
			return State{}, fmt.Errorf("keeping an acceptance: %w", ErrUsed)
		}
		for i, o := range had {
			if o.End == nil && o.Suite == a.Suite {
				had[i].End = &End{Time: a.Time, Head: a.Head, Why: "another acceptance has taken its place"}
			}
		}
	}
	s.Acceptances = append(slices.Clone(as), had...)
	if _, err := s.least().encode(); err != nil {
		return State{}, fmt.Errorf("keeping an acceptance: %w", err)
	}
	return s, nil
}

// Expire ends the acceptances that hold for nothing of what is asked at a head, and returns those that ended just now,
// newest first. asked is empty where no model setting is changed. It is for the review that writes the comment: one about
// an older head, or one that could not find out what is asked, has no say.
func (s State) Expire(asked []Asked, head string, at time.Time) (State, []Acceptance) {
	var ended []Acceptance
	s.Acceptances = slices.Clone(s.Acceptances)
	for i, a := range s.Acceptances {
		if a.End != nil {
			continue
		}
		if ok, why := a.among(asked); !ok {
			a.End = &End{Time: at, Head: head, Why: why}
			s.Acceptances[i] = a
			ended = append(ended, a)
		}
	}
	return s, ended
}

// among reports whether an acceptance holds for one of what is asked.
func (a Acceptance) among(asked []Asked) (bool, string) {
	why := "no model setting is changed any more"
	if len(asked) > 0 {
		why = "the suite is not measured any more"
	}
	for _, q := range asked {
		if q.Suite != a.Suite {
			continue
		}
		ok, reason := a.Holds(q.Question, q.Digest, q.Book)
		if ok {
			return true, ""
		}
		why = reason
	}
	return false, why
}

// Void ends an acceptance that could not be proven: all suites of the word that gave it. It returns those that ended.
func (s State) Void(given Acceptance, why, head string, at time.Time) (State, []Acceptance) {
	var ended []Acceptance
	s.Acceptances = slices.Clone(s.Acceptances)
	for i, a := range s.Acceptances {
		if a.End == nil && a.Same(given) {
			s.Acceptances[i].End = &End{Time: at, Head: head, Why: why}
			ended = append(ended, s.Acceptances[i])
		}
	}
	return s, ended
}

// Accepted returns the acceptance that holds for what is asked of a suite. It has yet to be proven.
func (s State) Accepted(q Asked) (Acceptance, bool) {
	for _, a := range s.Acceptances {
		if ok, _ := a.Holds(q.Question, q.Digest, q.Book); ok && a.Suite == q.Suite {
			return a, true
		}
	}
	return Acceptance{}, false
}
