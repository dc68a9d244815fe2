// Package agents shows what coding agents cost for each merged pull request: as figures, a drawing and tables.
//
// It knows how a roll-up reads: what was measured, reported and allocated apart, lower bounds as such, and nothing about people. It
// refuses to know whose entries they are, how they were added up (package rollup does that), and where pull requests are.
package agents

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/page/timeline"
	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/stats"
)

// Sum is a sum in words: one that is not known in full says so.
func Sum(s rollup.Sum) string {
	switch {
	case s.Entries > 0 && s.Unpriced == s.Entries:
		return figure.Unknown
	case s.AtLeast:
		return "at least " + figure.Amount(price.Known(s.USD))
	}
	return figure.Amount(price.Known(s.USD))
}

// amount is a sum as a cell: nothing without entries, and in exports nothing where all that is known is that there was something.
func amount(s rollup.Sum) sheet.Cell {
	switch {
	case s.Entries == 0:
		return sheet.Cell{Raw: price.Known(price.Money{})}
	case s.Unpriced == s.Entries:
		return sheet.Cell{Show: figure.Unknown, Raw: price.Amount{}}
	}
	return sheet.Cell{Show: Sum(s), Raw: price.Known(s.USD)}
}

// flag is a yes or no that only exports have.
func flag(b bool) sheet.Cell { return sheet.Cell{Raw: b} }

func long(n int64) sheet.Cell {
	return sheet.Cell{Show: figure.Whole(int(n)), Raw: n}
}

// tokens are rounded on the page.
func tokens(t rollup.Tokens) sheet.Cell {
	c := sheet.Cell{Show: figure.Count(figure.Number(t.Total())), Raw: t.Total()}
	if t.AtLeast {
		c.Show = "at least " + c.Show
	}
	return c
}

func usd(f float64) string { return figure.USD(figure.Number(f)) }

// dollars is a figure of statistics; nothing where there is none.
func dollars(f float64, n int) sheet.Cell {
	if n == 0 {
		return sheet.Cell{Raw: (*float64)(nil)}
	}
	return sheet.Number(&f, usd(f))
}

// interval is one of dollars in words; "" without one.
func interval(i *stats.Interval) string {
	switch {
	case i == nil:
		return ""
	case math.IsInf(i.High, 1):
		return "95 %: at least " + usd(i.Low)
	}
	return "95 %: " + usd(i.Low) + " to " + usd(i.High)
}

// end is an end of an interval, which only exports have.
func end(i *stats.Interval, of func(stats.Interval) float64) sheet.Cell {
	if i == nil {
		return sheet.Cell{Raw: (*float64)(nil)}
	}
	f := of(*i)
	return sheet.Cell{Raw: &f}
}

func low(i stats.Interval) float64  { return i.Low }
func high(i stats.Interval) float64 { return i.High }

// Facts are the answer in figures: what a merged pull request costs, and what all cost together.
func Facts(r rollup.Rollup) []layout.Fact {
	p := r.PerPull
	median, mean, quartiles, range2 := dollars(p.Median, p.N), dollars(p.Mean, p.N), sheet.Cell{}, sheet.Cell{}
	median.Note, mean.Note = interval(p.MedianInterval), interval(p.MeanInterval)
	if p.N > 0 {
		quartiles.Show = usd(p.Quartile[0]) + " to " + usd(p.Quartile[1])
		range2.Show = usd(p.Least) + " to " + usd(p.Most)
	} else {
		median.Show, mean.Show = figure.Unknown, figure.Unknown
	}
	facts := []layout.Fact{
		{Key: "median_usd", Name: "Median per merged pull request", Cell: median}, {Key: "median_low_usd", Cell: end(p.MedianInterval, low)}, {Key: "median_high_usd", Cell: end(p.MedianInterval, high)},
		{Key: "mean_usd", Name: "Mean", Cell: mean}, {Key: "mean_low_usd", Cell: end(p.MeanInterval, low)}, {Key: "mean_high_usd", Cell: end(p.MeanInterval, high)},
		{Name: "Half of them cost", Cell: quartiles}, {Key: "first_quartile_usd", Cell: dollars(p.Quartile[0], p.N)}, {Key: "third_quartile_usd", Cell: dollars(p.Quartile[1], p.N)},
		{Name: "From the least to the most", Cell: range2}, {Key: "least_usd", Cell: dollars(p.Least, p.N)}, {Key: "most_usd", Cell: dollars(p.Most, p.N)},
		{Key: "merged", Name: "Merged pull requests", Cell: merged(p)}, {Key: "described", Cell: sheet.Whole(p.N)}, {Key: "without_entries", Cell: sheet.Whole(p.Without)},
		{Key: "cut", Cell: sheet.Whole(p.Cut)}, {Key: "no_price", Cell: sheet.Whole(p.NoPrice)}, {Key: "at_least", Cell: sheet.Whole(p.AtLeast)},
		{Key: "from_measured", Cell: sheet.Whole(p.Measured)}, {Key: "from_reported", Cell: sheet.Whole(p.Reported)}, {Key: "from_both", Cell: sheet.Whole(p.Mixed)},
	}
	for _, x := range []struct {
		key, name string
		spend     rollup.Spend
	}{{"total", "Agents cost in all", r.Total}, {"unattributed", "Of that, of no merged pull request", r.Unattributed}, {"checks", "Beside it, what checks cost", r.Checks}} {
		all := x.spend.All()
		c := amount(all)
		if all.Entries == 0 {
			c.Show = "nothing"
		}
		facts = append(facts, layout.Fact{Key: x.key + "_usd", Name: x.name, Cell: c}, layout.Fact{Key: x.key + "_at_least", Cell: flag(all.AtLeast)})
	}
	return facts
}

// merged counts pull requests, and says why some are not described.
func merged(p rollup.PerPull) sheet.Cell {
	c := sheet.Whole(p.Merged)
	var why []string
	for _, x := range []struct {
		n    int
		what string
	}{{p.Without, "without any entry"}, {p.Cut, "opened before the first entry"}, {p.NoPrice, "without a price"}} {
		if x.n > 0 {
			why = append(why, figure.Whole(x.n)+" "+x.what)
		}
	}
	if len(why) > 0 {
		c.More = "Not described: " + strings.Join(why, ", ")
	}
	return c
}

// Chart draws the median of each week; nil without any.
func Chart(weeks []rollup.Group) *layout.Chart {
	l := timeline.Line{Name: "median of the pull requests merged in the week"}
	for _, g := range weeks {
		if at, ok := Monday(g.Key); ok && g.PerPull.N > 0 {
			l.Points = append(l.Points, timeline.Point{At: at, Cost: g.PerPull.Median})
		}
	}
	return timeline.Chart("Cost per merged pull request by week", "Cost per merged pull request by week", []timeline.Line{l})
}

// Monday is the first moment of an ISO week such as "2026-W48", in UTC.
func Monday(week string) (time.Time, bool) {
	year, number, ok := strings.Cut(week, "-W")
	y, err := strconv.Atoi(year)
	n, err2 := strconv.Atoi(number)
	if !ok || err != nil || err2 != nil || y < 1 || y > 9999 || n < 1 || n > 53 {
		return time.Time{}, false
	}
	fourth := time.Date(y, 1, 4, 0, 0, 0, 0, time.UTC) // which is always in the first week
	first := fourth.AddDate(0, 0, -(int(fourth.Weekday())+6)%7)
	return first.AddDate(0, 0, 7*(n-1)), true
}

// Since is the Monday so many weeks before that of a time.
func Since(now time.Time, weeks int) time.Time {
	now = now.UTC()
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7-7*weeks)
}

// ratio is a cost by the median's, such as "1.8x"; nothing without one.
func ratio(p rollup.Pull) sheet.Cell {
	if p.Ratio == 0 {
		return sheet.Cell{Raw: (*float64)(nil)}
	}
	f := p.Ratio
	c := sheet.Number(&f, fmt.Sprintf("%s your median", figure.Roughly(figure.Number(f), 1)))
	if p.Outlier {
		c.Class = "open"
	}
	return c
}
