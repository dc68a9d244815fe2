package report

import (
	"strings"

	"github.com/pertask/pertask/report/grounds"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/verdict"
)

// Saying is what a report says in words, so that every format says the same ones. Each string is one sentence or more, as
// safe as the style makes it in which it was asked for; empty ones have nothing to say.
type Saying struct {
	Label      string   // the answer in a word or two: our own words
	Answer     string   // what follows the label
	Notes      []string // what belongs to the answer: its reason, why trials stopped, missing prices, the forecast
	Base, Head string   // names of the arms
	Changes    []string
	NotApplied []string
	Why        string // how to read the parts of the change, or the factors in their place
	FlipTitle  string // of Flip and Flips
	Flip       string
	Flips      []string
	Beyond     []string
	Mixed      string // over the segments
	Stored     []string
	Findings   []string
	Next       []string
	Looks      string
	Assumed    []string
	Footer     []string
}

// Say words a report for a rendering of another package. It is safe for concurrent use.
func Say(r *Report, st markup.Style) Saying {
	s := Saying{Label: label(r), Answer: strings.TrimSpace(strings.TrimPrefix(headline(r, st), st.Bold(label(r)+".")))}
	s.Notes = append(compact(reason(r, st)), compact(more(r, st)...)...)
	s.Notes = append(s.Notes, missingPrices(r, st)...)
	if !r.HasTrials() {
		s.Notes = append(s.Notes, compact(forecast(r.Forecast, st))...)
	}
	s.Base, s.Head = names(r, st)
	for _, c := range r.Changes {
		s.Changes = append(s.Changes, changeLine(c, st))
	}
	for _, c := range r.NotApplied {
		s.NotApplied = append(s.NotApplied, changeLine(c, st))
	}
	if s.Why = splitSentence(r, st); len(grounds.Bars(r)) > 0 {
		s.Why = sentence(whyText)
	}
	s.FlipTitle, s.Flip, s.Flips = flips(r, st)
	s.Beyond, s.Stored = beyond(r, st), grounds.Stored(r, st)
	s.Mixed = strings.TrimSpace(grounds.Mixed(r, st) + " " + grounds.Corrected(r))
	for _, f := range r.Findings {
		s.Findings = append(s.Findings, statement(r, f, st))
	}
	for _, n := range r.NextSteps {
		s.Next = append(s.Next, st.Rich(n))
	}
	s.Looks = grounds.Plan(r)
	if r.Result != verdict.NothingChanged && r.Result != verdict.BadInput {
		s.Assumed = assume(r, st)
	}
	s.Footer = footerParts(r, st)
	return s
}
