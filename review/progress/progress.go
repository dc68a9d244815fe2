// Package progress knows how far a check is while its trials run, in the words that people see, and how often they see it.
//
// It refuses to know where the words are shown, what the trials are for, and the clock, which it is given.
package progress

import (
	"fmt"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
)

// Every is how often GitHub is told at most: it allows 500 writes an hour, and each edit of a comment is kept for ever.
const Every = 45 * time.Second

// Standing is how far a check is. The zero value says that trials begin.
type Standing struct {
	Suite       string // name; "" where there is only one
	Done, Total int    // trials up to the next look
	Look, Looks int    // the look that they are for, from 1; 0 where none is planned
	Spent       price.Amount
	Most        price.Amount // what the check may cost by its forecast; unknown where there is none
	Head        string       // SHA that is measured
	Shown       string       // SHA that the result below is about; "" when there is none
}

// Title is the standing in a line of our own words and numbers, at most 80 characters.
func (s Standing) Title() string {
	if s.Done == 0 {
		if s.Most.IsKnown() {
			return "Measuring, for about " + figure.Amount(s.Most)
		}
		return "Measuring"
	}
	out := fmt.Sprintf("%d of %s", s.Done, figure.Plural(s.Total, "trial"))
	if s.Spent.IsKnown() {
		out += ", " + figure.Amount(s.Spent)
	}
	if s.Looks > 0 {
		out += fmt.Sprintf(", look %d of %d", s.Look, s.Looks)
	}
	return out
}

// Block is the standing as Markdown, for the top of a comment.
func (s Standing) Block() string {
	out := fmt.Sprintf("**Measuring %s.** %s", markup.Code(short(s.Head)), s.sentence())
	if s.Suite != "" {
		out += " Suite " + markup.Code(s.Suite) + "."
	}
	if s.Shown != "" {
		out += fmt.Sprintf("\n\nThe result below is about %s.", markup.Code(short(s.Shown)))
	}
	return out
}

func (s Standing) sentence() string {
	if s.Done == 0 {
		if s.Most.IsKnown() {
			return fmt.Sprintf("The forecast is about %s.", figure.Amount(s.Most))
		}
		return "The trials have begun."
	}
	return s.Title() + "."
}

// short is the beginning of a commit's id, which is what people know it by.
func short(sha string) string { return sha[:min(len(sha), 7)] }

// Throttle says when it is time to tell again. The zero value is not usable: it needs a clock. It is not safe for
// concurrent use.
type Throttle struct {
	Now  func() time.Time
	last time.Time
}

// Due reports whether it is time to tell, and counts from now on when it is. The first time it is always.
func (t *Throttle) Due() bool {
	now := t.Now()
	if !t.last.IsZero() && now.Sub(t.last) < Every && !now.Before(t.last) {
		return false
	}
	t.last = now
	return true
}
