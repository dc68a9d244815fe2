package spending

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
)

// Weekly is one week against the week before.
type Weekly struct {
	// This and Before are the roll-ups of the week and of the one before, each with its bounds.
	This, Before rollup.Rollup
	Asked        []string // repositories whose pull requests were read
	Notes        []string // see Report
}

// mostNamed is how many pull requests a summary names.
const mostNamed = 3

// summary is what a week comes to, in pieces that are safe in one style.
type summary struct {
	title string // our own words
	lines []string
	named []string // the dearest pull requests
	notes []string
}

func (w Weekly) summary(st markup.Style) summary {
	year, number := w.This.From.UTC().ISOWeek()
	s := summary{title: fmt.Sprintf("Spend of week %d of %d", number, year)}
	this, before := Report{Rollup: w.This, Asked: w.Asked}, w.Before.PerPull
	if this.empty() {
		s.lines = []string{"Nothing is in the ledger of this week." + spentBefore(w.Before)}
	} else {
		s.lines = append(s.lines, Answer(this, st))
		if before.N > 0 && len(w.Asked) > 0 {
			s.lines = append(s.lines, fmt.Sprintf("The week before: median %s%s over %s.", usd(before.Median), limits(before.MedianInterval), figure.Plural(before.N, "merged pull request")))
		}
		s.lines = append(s.lines, "Spent in the week: "+divided(w.This.Total)+"."+spentBefore(w.Before))
		if b := basis(this); b != "" {
			s.lines = append(s.lines, b)
		}
	}
	dear := slices.Clone(w.This.Pulls)
	slices.SortStableFunc(dear, func(a, b rollup.Pull) int { return b.Spend.Seen().USD.Cmp(a.Spend.Seen().USD) })
	for _, p := range dear[:min(len(dear), mostNamed)] {
		line := money(p.Spend.Seen()) + " " + name(p, st) + " " + title(p.Title, st)
		if p.Outlier {
			line += ", " + times(p.Ratio) + " the median of the week"
		}
		s.named = append(s.named, line)
	}
	if n := len(w.This.Missing); n > 0 {
		s.notes = append(s.notes, figure.Plural(n, "model")+" without a price, so that sums are at least what they say, such as "+st.Code(w.This.Missing[0].Model)+".")
	}
	for _, n := range w.Notes {
		s.notes = append(s.notes, st.Rich(n))
	}
	return s
}

// spentBefore is what the week before came to.
func spentBefore(r rollup.Rollup) string {
	if r.Total.All().Entries == 0 {
		return " Of the week before there is nothing."
	}
	return " The week before: " + divided(r.Total) + "."
}

// divided is a spend by how far its numbers can be trusted.
func divided(s rollup.Spend) string {
	var parts []string
	for _, x := range []struct {
		sum   rollup.Sum
		words string
	}{{s.Measured, "measured"}, {s.Reported, "reported by agents"}, {s.Allocated, "allocated"}} {
		if x.sum.Entries > 0 {
			parts = append(parts, money(x.sum)+" "+x.words)
		}
	}
	if len(parts) == 0 {
		return "$0"
	}
	return list(parts)
}

// Markdown is the summary for GitHub. Nothing in it that somebody else wrote is live.
func (w Weekly) Markdown() string {
	s := w.summary(markup.GitHub)
	blocks := append([]string{"## " + s.title}, s.lines...)
	if len(s.named) > 0 {
		blocks = append(blocks, "The dearest merged pull requests:\n- "+strings.Join(s.named, "\n- "))
	}
	return strings.Join(append(blocks, s.notes...), "\n\n") + "\n"
}
