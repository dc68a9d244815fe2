package spending

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/stats"
)

// Answer is what was asked, in two or three sentences: what a merged pull request costs, what belongs to none, what checks cost.
func Answer(r Report, st markup.Style) string {
	if r.empty() {
		return st.Bold("Nothing is in the ledger") + " of " + period(r.Rollup) + "."
	}
	parts := []string{pulls(r, st)}
	if u := r.Rollup.Unattributed.All(); u.Entries > 0 {
		parts = append(parts, capital(money(u))+" unattributed.")
	}
	if c := r.Rollup.Checks.All(); c.Entries > 0 {
		parts = append(parts, "Checks cost "+money(c)+".")
	}
	return strings.Join(parts, " ")
}

// pulls says what a merged pull request costs.
func pulls(r Report, st markup.Style) string {
	p := r.Rollup.PerPull
	total := money(r.Rollup.Total.All())
	switch {
	case len(r.Asked) == 0:
		return st.Bold(capital(total)+" in all") + ". Nothing is known of pull requests, so it is divided by branch and reason only."
	case p.Merged == 0:
		return st.Bold(capital(total)+" in all") + ". No pull request was merged " + within(r.Rollup) + "."
	case p.N == 0:
		return st.Bold(capital(total)+" in all") + ". Of " + figure.Plural(p.Merged, "merged pull request") + " the cost of none is known."
	}
	median := "Median " + usd(p.Median) + " per merged pull request"
	return fmt.Sprintf("%s%s, mean %s%s, over %s.", st.Bold(median), limits(p.MedianInterval), usd(p.Mean), limits(p.MeanInterval), figure.Plural(p.N, "merged pull request"))
}

// limits are an interval in brackets, with a blank before it; "" without one.
func limits(i *stats.Interval) string {
	if i == nil {
		return ""
	}
	return " (95 % " + ends(*i) + ")"
}

// ends are the ends of an interval, such as "1.31-2.50".
func ends(i stats.Interval) string {
	if math.IsInf(i.High, 1) {
		return "at least " + usd(i.Low)
	}
	return strings.TrimPrefix(usd(i.Low), "$") + "-" + strings.TrimPrefix(usd(i.High), "$")
}

func usd(f float64) string { return figure.USD(figure.Number(f)) }

// money is a sum in words, and says where it is a lower bound.
func money(s rollup.Sum) string {
	switch {
	case s.Entries > 0 && s.Unpriced == s.Entries:
		return figure.Unknown
	case s.AtLeast:
		return "at least " + exact(s)
	}
	return exact(s)
}

// cell is a sum in a table: a lower bound has a plus sign, which a line below says.
func cell(s rollup.Sum) string {
	switch {
	case s.Entries == 0:
		return "-"
	case s.Unpriced == s.Entries:
		return figure.Unknown
	case s.AtLeast:
		return exact(s) + "+"
	}
	return exact(s)
}

func exact(s rollup.Sum) string { return figure.Amount(price.Known(s.USD)) }

// period is the time of a roll-up in words.
func period(r rollup.Rollup) string {
	switch {
	case r.From.IsZero() && r.To.IsZero():
		return "all time"
	case r.To.IsZero():
		return "the time since " + day(r.From)
	case r.From.IsZero():
		return "the time before " + day(r.To)
	}
	last := r.To.Add(-time.Nanosecond)
	if day(last) == day(r.From) {
		return day(r.From)
	}
	return "the time from " + day(r.From) + " to " + day(last)
}

// within is a period as the time of something.
func within(r rollup.Rollup) string {
	if s := period(r); strings.HasPrefix(s, "20") {
		return "on " + s
	}
	return "in " + period(r)
}

// day is a day in the form that every country reads alike.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// capital begins with a capital.
func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
