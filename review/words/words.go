// Package words is what a review says in place of its reports' own words, such as that an earlier verdict still holds.
//
// It knows where such words go: into the check run, above a result in our comment, and into the answer to a command. It refuses
// to know why they are said, and who writes them there.
package words

import (
	"slices"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/review/again"
	"github.com/pertask/pertask/review/beside"
	"github.com/pertask/pertask/review/ending"
	"github.com/pertask/pertask/review/outcome"
	"github.com/pertask/pertask/review/state"
)

// Said is what a check run says in place of a report's own words. The zero value says nothing.
type Said struct {
	Title   string // plain text
	Summary string // Markdown, above the report's
	Instead bool   // the summary is all there is
	Text    string // Markdown, in place of the report's where the summary is
	Notice  string // Markdown above the result in our comment
	Anew    string // Markdown of the result, where our comment shows another one
	Head    string // that it was measured at
	Why     string // what became of the command: plain text
	Run     int64  // check run that vouches for it; 0 for none
}

// Of is what is said of results: one of several suites must not speak for the others.
func (s Said) Of(results []outcome.Result) Said {
	for _, r := range results {
		s.Instead = s.Instead && r.Kept
		same := r.Result == results[0].Result && r.Verdict == results[0].Verdict
		if !same || !r.Kept && r.Reason.Code != ending.Superseded && r.Reason.Code != ending.Closed {
			s.Title = ""
		}
	}
	return s
}

// Over is the report's Markdown below what is said besides.
func (s Said) Over(markdown string) string {
	if s.Instead {
		return s.Summary
	}
	return beside.Joined(s.Summary, markdown)
}

// Holds adds that an earlier verdict holds, which a check run vouches for: more is what can be asked for, head what is reviewed
// now, and shown what our comment shows. What was said of the same check run already is not said again.
func (s *Said) Holds(f state.Found, run github.CheckRun, more, head string, shown []state.Suite) {
	if s.Run == run.ID {
		return
	}
	u, at := f.Suite, again.Measured(f)
	s.Title, s.Instead, s.Run, s.Why = run.Title, true, run.ID, again.Plain(f, more)
	below := again.Below(run.Summary)
	s.Summary = beside.Joined(s.Summary, beside.Joined(again.Holds(f, more), below))
	s.Text = beside.Joined(s.Text, run.Text)
	if !slices.ContainsFunc(shown, func(n state.Suite) bool { return n.Question == u.Question && n.Says(u) }) {
		s.Anew, s.Head = beside.Joined(s.Anew, below), at // what stands there is about something else
	}
	if at != head {
		more = again.Holds(f, more)
	}
	s.Notice = beside.Joined(s.Notice, more)
}
