package rates

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/cmd/pertask/text"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/usage"
)

// headings are the columns of rates.
var headings = map[usage.Class]string{
	usage.Input: "input", usage.CacheRead: "read", usage.CacheCreation: "write", usage.CacheCreation5m: "write 5m",
	usage.CacheCreation30m: "write 30m", usage.CacheCreation1h: "write 1h", usage.CacheCreation12h: "write 12h", usage.Output: "output",
}

// Print writes the prices of one provider as tables, and what is to be said of them.
func (q Prices) Print(w io.Writer, model string, at time.Time) {
	paragraph(w, fmt.Sprintf("%s, billed by %s, on %s: $ per 1M tokens", text.Clip(model, 60), q.Provider, day(&at)))
	fmt.Fprintln(w)
	now, other := q.split(true), q.split(false)
	if len(now) == 0 {
		fmt.Fprintf(w, "  no price on that date\n")
	}
	printRows(w, now)
	if len(other) > 0 {
		fmt.Fprintf(w, "\nEarlier and later:\n\n")
		printRows(w, other)
	}
	fmt.Fprintln(w)
	for _, line := range q.remarks(at) {
		paragraph(w, line)
	}
}

func (q Prices) split(inForce bool) []Row {
	var out []Row
	for _, r := range q.Rows {
		if r.InForce == inForce {
			out = append(out, r)
		}
	}
	return out
}

func printRows(w io.Writer, rows []Row) {
	if len(rows) == 0 {
		return
	}
	classes := classesOf(rows)
	head := []string{"tier", "context"}
	for _, c := range classes {
		head = append(head, headings[c])
	}
	lines := [][]string{append(head, "from", "until")}
	for _, r := range rows {
		lines = append(lines, r.lines(classes)...)
	}
	for _, line := range text.Align(lines) {
		fmt.Fprintf(w, "  %s\n", line)
	}
}

// classesOf are the classes that have a rate of their own somewhere.
func classesOf(rows []Row) []usage.Class {
	return slices.DeleteFunc(usage.Classes(), func(c usage.Class) bool {
		return !slices.ContainsFunc(rows, func(r Row) bool {
			_, short := r.Rates[c]
			long := false
			if r.Long != nil {
				_, long = r.Long.Rates[c]
			}
			return short || long
		})
	})
}

// lines are the row's bands.
func (r Row) lines(classes []usage.Class) [][]string {
	name := r.Tier
	if r.Region != "global" {
		name += " " + r.Region
	}
	if len(r.Hours) > 0 {
		name += "*"
	}
	band := func(context string, rates map[usage.Class]price.Money) []string {
		line := []string{name, context}
		for _, c := range classes {
			line = append(line, r.cell(c, rates))
		}
		return append(line, cmp.Or(day(r.From), "-"), day(r.Until))
	}
	if r.Long == nil {
		return [][]string{band("any", r.Rates)}
	}
	at := figure.Whole(int(r.Long.Threshold))
	if n := r.Long.Threshold; n%1000 == 0 {
		at = figure.Whole(int(n/1000)) + "K"
	}
	short, long := "<= "+at, "> "+at
	if r.Long.Inclusive {
		short, long = "< "+at, ">= "+at
	}
	return [][]string{band(short, r.Rates), band(long, r.Long.Rates)}
}

// cell writes a rate. A class without one costs what input costs, unless its price is not known.
func (r Row) cell(c usage.Class, rates map[usage.Class]price.Money) string {
	m, ok := rates[c]
	switch {
	case ok:
		return strings.TrimPrefix(figure.Rate(price.Known(m)), "$")
	case len(rates) == 0 || slices.Contains(r.Refused, c):
		return "?"
	}
	return "-"
}

// day writes an instant: its date, and its hour where it is not the beginning of the day in UTC.
func day(t *time.Time) string {
	switch {
	case t == nil:
		return ""
	case t.UTC().Truncate(24 * time.Hour).Equal(*t):
		return t.UTC().Format(time.DateOnly)
	}
	if t.Truncate(time.Hour).Equal(*t) {
		return t.UTC().Format("2006-01-02T15Z")
	}
	return t.UTC().Format("2006-01-02T15:04Z")
}

// paragraph writes a sentence, broken into lines.
func paragraph(w io.Writer, sentence string) {
	fmt.Fprintln(w, strings.Join(text.Wrap(sentence, text.Width, "  "), "\n"))
}

// remarks are the sentences below the tables.
func (q Prices) remarks(at time.Time) []string {
	out := []string{"- is no rate of its own: billed as input. ? is not known or not offered: a cost with such tokens is unknown."}
	hours, refused := map[string]bool{}, map[string]bool{}
	verified, since := "", true
	for _, r := range q.Rows {
		for _, c := range r.Refused {
			refused[headings[c]] = true
		}
		for _, h := range r.Hours {
			hours[r.Tier+": "+h] = true
		}
		if g := r.Guaranteed; r.InForce && g != nil {
			promise := "is guaranteed until %s."
			if !at.Before(*g) {
				promise = "was guaranteed until %s: the promotion may have ended."
			}
			out = append(out, "The price of tier "+r.Tier+" "+fmt.Sprintf(promise, day(g)))
		}
		since = since && r.From != nil
		verified = max(verified, r.Verified)
	}
	if !since {
		out = append(out, "A row from - holds since a day that is not known: all earlier dates are priced with it.")
	}
	if len(refused) > 0 {
		out = append(out, "Not known in some row: "+strings.Join(slices.Sorted(maps.Keys(refused)), ", ")+".")
	}
	if len(hours) > 0 {
		out = append(out, "* holds in these hours only, and goes before the row without: "+strings.Join(slices.Sorted(maps.Keys(hours)), "; ")+".")
	}
	out = append(out, q.extras()...)
	return append(out, "Sources: "+cmp.Or(strings.Join(q.Sources, ", "), "none")+"; verified "+cmp.Or(verified, "never")+".")
}

// extras are the sentences on surcharges and fees.
func (q Prices) extras() []string {
	var factors, fees, out []string
	for _, f := range q.Factors {
		if f.Factor != "1" {
			factors = append(factors, f.When+" x"+f.Factor)
		}
	}
	for _, f := range q.Fees {
		if !f.USD.IsZero() {
			fees = append(fees, fmt.Sprintf("%s %s per %s", f.Unit, figure.Rate(price.Known(*f.USD)), figure.Whole(int(f.Per))))
		}
	}
	if len(factors) > 0 {
		out = append(out, "Tokens are multiplied: "+strings.Join(factors, ", ")+".")
	}
	if len(fees) > 0 {
		out = append(out, "Fees besides: "+strings.Join(fees, ", ")+".")
	}
	return out
}
