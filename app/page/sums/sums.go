// Package sums is what reviews have cost together, in months.
//
// It knows that what is unknown is not zero, and how a sum reads and is drawn. It refuses to know whose reviews they are.
package sums

import (
	"slices"
	"time"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/plot"
)

// Total is what some reviews have cost together.
type Total struct {
	Reviews int
	Unknown int         // reviews of which it is not known what they cost
	Known   price.Money // what the rest cost
	Last    time.Time
}

// Add adds a review.
func (t *Total) Add(r record.Review) {
	t.Reviews++
	if m, known := r.Spent.Value(); known {
		t.Known = t.Known.Plus(m)
	} else {
		t.Unknown++
	}
	if r.Started.After(t.Last) {
		t.Last = r.Started
	}
}

// Words are the sum in words: unknown is not zero.
func (t *Total) Words() string {
	switch {
	case t.Unknown == 0:
		return figure.Amount(price.Known(t.Known))
	case t.Unknown == t.Reviews:
		return figure.Unknown
	}
	return "at least " + figure.Amount(price.Known(t.Known))
}

// Cell is the sum; in exports it is what is known of it, beside the number of those that are not in it.
func (t *Total) Cell() sheet.Cell { return sheet.Cell{Show: t.Words(), Raw: price.Known(t.Known)} }

// Months is how far back the pages look that add up.
const Months = 12

// Month is the first moment of the month of a time, in UTC.
func Month(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// From is the first day of what pages that add up look at: a whole month, in UTC.
func From(now time.Time) time.Time {
	return Month(now).AddDate(0, 1-Months, 0)
}

// Aside is what reviews have set aside, by repository and together, of those repositories that are asked for. One that has nothing set
// aside is not in it.
func Aside(all []record.Booked, asked func(repo int64) bool) (by map[int64]price.Amount, whole price.Amount) {
	by, whole = map[int64]price.Amount{}, price.Known(price.Money{})
	for _, b := range all {
		each, known := b.Aside().Value()
		if !known || each.Cmp(price.Money{}) == 0 || !asked(b.Repo) {
			continue
		}
		sum := price.Known(each.Times(b.Count))
		whole = whole.Plus(sum)
		if have, there := by[b.Repo]; there {
			sum = sum.Plus(have)
		}
		by[b.Repo] = sum
	}
	return by, whole
}

// Bars is the spend of each month, also of those in which nothing was spent; nil without any spend.
func Bars(from time.Time, sums map[string]*Total) *layout.Chart {
	var c plot.Chart
	var values []float64
	for i := range Months {
		month := from.AddDate(0, i, 0)
		t := sums[month.Format("2006-01")]
		row := plot.Row{Label: month.Format("January 2006"), Figure: "nothing"}
		if t != nil && t.Reviews > 0 {
			spent := t.Known.Float64()
			values = append(values, spent)
			row.Figure, row.Spans = t.Words(), []plot.Span{{From: 0, To: spent, Class: "head"}}
		}
		c.Rows = append(c.Rows, row)
	}
	if len(values) == 0 {
		return nil
	}
	slices.Reverse(c.Rows)
	c.Scale, c.Tick = plot.Linear(values), layout.Dollars
	return &layout.Chart{Title: "Spend by month", Alt: layout.Alt("Spend by month", c.Rows), Wide: c.Draw(layout.Wide), Narrow: c.Draw(layout.Narrow)}
}
