package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/usage"
)

func showCommand() command {
	return command{
		name: "show", args: "MODEL [options]", short: "the rates of a model",
		long: `
Shows what the price book says of a model: the rates in force per tier and context, earlier and
later ones, surcharges, fees, and where the figures come from. Rates are dollars per million
tokens. MODEL is an id, another name of it, or an id with a date behind it.

A model that the book does not have is never priced as one that is called alike: the ids that
are closest are named as a question, the lines for the configuration are shown, and the exit
status is 1.

  pertask prices show gpt-5.5
  pertask prices show claude-opus-4-6 --provider anthropic --at 2026-03-01`,
		run: showPrices,
	}
}

type showFlags struct {
	provider, tier, at string
	json               bool
}

func (f *showFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&f.provider, "provider", "", "`name` of the provider; every one that lists the model when not given")
	fs.StringVar(&f.tier, "tier", "", "`name` of a tier, such as standard or flex; every one when not given")
	fs.StringVar(&f.at, "at", "", "`date` whose prices are shown, such as 2026-11-01; now when not given")
	fs.BoolVar(&f.json, "json", false, "print JSON")
}

func showPrices(a app, fs *flag.FlagSet, args []string) (int, error) {
	var f showFlags
	f.register(fs)
	rest, err := parse(fs, args, 1)
	if err != nil {
		return exitUsage, err
	}
	at, err := dateOrNow(f.at)
	if err != nil {
		return exitUsage, err
	}
	book := price.Embedded()
	shown := quotesOf(book, rest[0], f, at)
	if len(shown) == 0 {
		return exitVerdict, errors.New(unknownModel(book, rest[0], f))
	}
	if f.json {
		e := json.NewEncoder(a.stdout)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return exitOK, e.Encode(map[string]any{"book": book.AsOf(), "digest": book.Digest(), "at": at, "model": rest[0], "providers": shown})
	}
	for i, q := range shown {
		if i > 0 {
			fmt.Fprintln(a.stdout)
		}
		q.print(a.stdout, rest[0], at)
	}
	fmt.Fprintf(a.stdout, "\nPrice book of %s.\n", book.AsOf())
	return exitOK, nil
}

func dateOrNow(s string) (time.Time, error) {
	if s == "" {
		return time.Now().UTC(), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usagef("--at %q is not a date; write one such as 2026-11-01, or 2026-11-01T12:00:00Z", s)
}

// modelPrices is what one provider charges for a model. The names are those of the JSON output.
type modelPrices struct {
	Provider string       `json:"provider"`
	Rows     []shownRow   `json:"rows"`
	Factors  []shownExtra `json:"factors"`
	Fees     []shownExtra `json:"fees"`
	Sources  []string     `json:"sources"`
}

type shownRow struct {
	ID         string                      `json:"id"`
	Tier       string                      `json:"tier"`
	Region     string                      `json:"region"`
	InForce    bool                        `json:"in_force"` // at the date; of a row with hours, in some of that day's
	From       *time.Time                  `json:"from"`
	Until      *time.Time                  `json:"until"`
	Guaranteed *time.Time                  `json:"guaranteed_until,omitempty"`
	Hours      []string                    `json:"hours,omitempty"`
	Rates      map[usage.Class]price.Money `json:"rates"`
	Refused    []usage.Class               `json:"refused,omitempty"`
	Long       *shownBand                  `json:"long_context,omitempty"`
	Sources    []string                    `json:"sources"`
	Verified   string                      `json:"verified"`
}

type shownBand struct {
	Threshold int64                       `json:"threshold"`
	Inclusive bool                        `json:"inclusive"`
	Rates     map[usage.Class]price.Money `json:"rates,omitempty"`
	Unpriced  bool                        `json:"unpriced,omitempty"`
}

// shownExtra is a factor or a fee.
type shownExtra struct {
	When   string       `json:"when,omitempty"`
	Needs  string       `json:"needs,omitempty"`
	Factor string       `json:"factor,omitempty"`
	Unit   string       `json:"unit,omitempty"`
	USD    *price.Money `json:"usd,omitempty"`
	Per    int64        `json:"per,omitempty"`
}

// quotesOf collects what the asked providers charge.
func quotesOf(book *price.Book, model string, f showFlags, at time.Time) []modelPrices {
	var out []modelPrices
	for _, provider := range book.Providers(model) {
		if f.provider != "" && provider != book.Provider(f.provider) {
			continue
		}
		q := modelPrices{Provider: provider, Factors: []shownExtra{}, Fees: []shownExtra{}}
		for _, r := range book.Rows(provider, model) {
			if f.tier != "" && r.Tier != strings.ToLower(f.tier) {
				continue
			}
			q.Rows = append(q.Rows, rowOf(r, at))
			q.Sources = append(q.Sources, r.Sources...)
		}
		slices.Sort(q.Sources)
		q.Sources = slices.Compact(q.Sources)
		for _, x := range book.Factors(provider, model) {
			q.Factors = append(q.Factors, shownExtra{When: x.When, Needs: x.Needs, Factor: x.Factor.String()})
		}
		for _, x := range book.Fees(provider) {
			q.Fees = append(q.Fees, shownExtra{Unit: x.Unit, USD: &x.USD, Per: x.Per})
		}
		if len(q.Rows) > 0 {
			out = append(out, q)
		}
	}
	return out
}

func rowOf(r price.RowInfo, at time.Time) shownRow {
	s := shownRow{ID: r.ID, Tier: r.Tier, Region: r.Region, From: moment(r.From), Until: moment(r.Until), Guaranteed: moment(r.Guaranteed),
		InForce: !at.Before(r.From) && (r.Until.IsZero() || at.Before(r.Until)), Hours: r.Windows, Rates: r.Rates, Refused: r.Refused,
		Sources: r.Sources, Verified: r.Verified}
	if b := r.LongContext; b != nil {
		s.Long = &shownBand{b.Threshold, b.Inclusive, b.Rates, b.Unpriced}
	}
	return s
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// headings are the columns of rates.
var headings = map[usage.Class]string{
	usage.Input: "input", usage.CacheRead: "read", usage.CacheCreation: "write", usage.CacheCreation5m: "write 5m",
	usage.CacheCreation30m: "write 30m", usage.CacheCreation1h: "write 1h", usage.CacheCreation12h: "write 12h", usage.Output: "output",
}

// print writes the prices of one provider as tables.
func (q modelPrices) print(w io.Writer, model string, at time.Time) {
	printWrapped(w, fmt.Sprintf("%s, billed by %s, on %s: $ per 1M tokens", clip(model, 60), q.Provider, at.Format(time.DateOnly)), 79)
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
		printWrapped(w, line, 78)
	}
}

func (q modelPrices) split(inForce bool) []shownRow {
	var out []shownRow
	for _, r := range q.Rows {
		if r.InForce == inForce {
			out = append(out, r)
		}
	}
	return out
}

func printRows(w io.Writer, rows []shownRow) {
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
	for _, line := range align(lines) {
		fmt.Fprintf(w, "  %s\n", line)
	}
}

// classesOf are the classes that have a rate of their own somewhere.
func classesOf(rows []shownRow) []usage.Class {
	return slices.DeleteFunc(usage.Classes(), func(c usage.Class) bool {
		return !slices.ContainsFunc(rows, func(r shownRow) bool {
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
func (r shownRow) lines(classes []usage.Class) [][]string {
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
		return append(line, day(r.From), day(r.Until))
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
func (r shownRow) cell(c usage.Class, rates map[usage.Class]price.Money) string {
	m, ok := rates[c]
	switch {
	case ok:
		return strings.TrimPrefix(figure.Rate(price.Known(m)), "$")
	case len(rates) == 0 || slices.Contains(r.Refused, c):
		return "?"
	}
	return "-"
}

func day(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

// remarks are the sentences below the tables.
func (q modelPrices) remarks(at time.Time) []string {
	out := []string{"- is no rate of its own: billed as input. ? is not known or not offered: a cost with such tokens is unknown."}
	hours, refused := map[string]bool{}, map[string]bool{}
	verified := ""
	for _, r := range q.Rows {
		for _, c := range r.Refused {
			refused[headings[c]] = true
		}
		for _, h := range r.Hours {
			hours[r.Tier+": "+h] = true
		}
		if g := r.Guaranteed; r.InForce && g != nil {
			text := "is guaranteed until %s."
			if !at.Before(*g) {
				text = "was guaranteed until %s: the promotion may have ended."
			}
			out = append(out, "The price of tier "+r.Tier+" "+fmt.Sprintf(text, day(g)))
		}
		verified = max(verified, r.Verified)
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
func (q modelPrices) extras() []string {
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

// printWrapped writes a text in lines of at most so many characters, the later ones indented.
func printWrapped(w io.Writer, text string, most int) {
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > most:
			fmt.Fprintln(w, line)
			line = "  " + word
		default:
			line += " " + word
		}
	}
	fmt.Fprintln(w, line)
}

// unknownModel words that the book has no such price, and what helps.
func unknownModel(book *price.Book, model string, f showFlags) string {
	if all := book.Providers(model); len(all) > 0 {
		return fmt.Sprintf("the price book of %s has no such price of %s; it has it of %s", book.AsOf(), quote(model), strings.Join(all, ", "))
	}
	text := fmt.Sprintf("the price book of %s has no model %s", book.AsOf(), quote(model))
	if near := closest(model, book.Models()); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	provider := cmp.Or(f.provider, "PROVIDER")
	return text + fmt.Sprintf(`
If its price is known to you, add it to .github/pertask.yml:

  prices:
    rows:
      - provider: %s
        model: %s
        rates: {input: "...", cache_read: "...", output: "..."}   # dollars per million tokens`, provider, model)
}

// closest returns up to three names that share most of their pairs of letters with a word, the closest first; none
// that shares less than half of them.
func closest(word string, names []string) []string {
	type scored struct {
		name  string
		score float64
	}
	var all []scored
	for _, n := range names {
		if s := alike(word, n); s >= 0.5 {
			all = append(all, scored{n, s})
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Or(cmp.Compare(b.score, a.score), strings.Compare(a.name, b.name)) })
	var out []string
	for _, s := range all[:min(3, len(all))] {
		out = append(out, s.name)
	}
	return out
}

// alike is Dice's coefficient of two words: twice the pairs of letters that they share, over all that they have.
func alike(a, b string) float64 {
	count := map[string]int{}
	pairs := func(s string) []string {
		var out []string
		for i := 0; i+2 <= len(s); i++ {
			out = append(out, strings.ToLower(s[i:i+2]))
		}
		return out
	}
	pa, pb := pairs(a), pairs(b)
	for _, p := range pa {
		count[p]++
	}
	shared := 0
	for _, p := range pb {
		if count[p] > 0 {
			count[p]--
			shared++
		}
	}
	return 2 * float64(shared) / float64(max(1, len(pa)+len(pb)))
}
