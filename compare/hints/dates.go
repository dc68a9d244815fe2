package hints

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/figure"
)

const (
	day = 24 * time.Hour
	// soon is how long before its end a price is about to end.
	soon = 30 * day
	// young is how old a model is when it is no longer new.
	young = 14 * day
)

// promotions are the prices of the arms' models that end, or are no longer promised, within soon of the instant at which
// the report is priced.
func promotions(r *content.Report, book *price.Book) []string {
	var out []string
	for _, a := range []struct {
		name string
		list *content.ListPrice
	}{{"base", r.Base.ListPrice}, {"head", r.Head.ListPrice}} {
		if text := promotion(a.name, a.list, price.Pricing{Book: book, At: r.PriceBook.At}); text != "" {
			out = append(out, text)
		}
	}
	return out
}

func promotion(arm string, list *content.ListPrice, p price.Pricing) string {
	if list == nil {
		return ""
	}
	rows := p.Book.Rows(list.Provider, list.Model)
	i := slices.IndexFunc(rows, func(r price.RowInfo) bool { return r.ID == list.Row })
	if i < 0 {
		return ""
	}
	row := rows[i]
	switch model := quoted(list.Model); {
	case near(p.At, row.Until):
		after := next(list, price.Pricing{Book: p.Book, At: row.Until})
		if after == "" {
			return ""
		}
		return fmt.Sprintf("The price of %s, the model of the %s, ends on %s, %s after the date of these prices; %s. "+
			"`pertask reprice` with `--at %[3]s` prices the same trials again.", model, arm, date(row.Until), days(row.Until.Sub(p.At)), after)
	case near(p.At, row.Guaranteed):
		return fmt.Sprintf("The price of %s, the model of the %s, is promised until %s, %s after the date of these prices; what it costs "+
			"after that is not known.", model, arm, date(row.Guaranteed), days(row.Guaranteed.Sub(p.At)))
	}
	return ""
}

// near reports whether an end comes after an instant, and soon.
func near(at, end time.Time) bool {
	return !end.IsZero() && !at.IsZero() && end.After(at) && end.Sub(at) <= soon
}

// next is what a model costs after its price has ended; "" for the same.
func next(now *content.ListPrice, p price.Pricing) string {
	then, err := p.List(now.Provider, now.Model, now.Tier)
	if err != nil {
		return "what it costs after that is not known"
	}
	if then.Input.Equal(now.Input) && then.CacheRead.Equal(now.CacheRead) && then.Output.Equal(now.Output) {
		return ""
	}
	return fmt.Sprintf("1M tokens cost %s / %s / %s (in / cached / out) now and %s / %s / %s then",
		figure.Rate(now.Input), figure.Rate(now.CacheRead), figure.Rate(now.Output),
		figure.Rate(then.Input), figure.Rate(then.CacheRead), figure.Rate(then.Output))
}

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// days is a duration in whole days, begun ones left out.
func days(d time.Duration) string {
	if d < day {
		return "less than a day"
	}
	return figure.Plural(int(d/day), "day")
}

// newModel finds a head whose model, another one than the base's, has not been out for long. Of when a model came out
// only what its snapshot's date or the price book's first price says is known; else nothing is said.
func newModel(r *content.Report, book *price.Book) string {
	model := r.Head.Model
	if model == "" || model == r.Base.Model {
		return ""
	}
	const advice = "The prices, limits and behaviour of a new model may still change: measure again before you rely on it."
	if id, at, ok := snapshot(r.Head); ok {
		if fresh(at, r.Time) {
			return fmt.Sprintf("%s is a new model: its snapshot is of %s, %s before this report. %s", quoted(id), date(at), days(r.Time.Sub(at)), advice)
		}
		return ""
	}
	if list := r.Head.ListPrice; list != nil {
		if at, ok := firstPrice(book, list); ok && fresh(at, r.Time) {
			return fmt.Sprintf("%s is a new model: the price book has no price of it before %s, %s before this report. %s",
				quoted(list.Model), date(at), days(r.Time.Sub(at)), advice)
		}
	}
	return ""
}

// fresh reports whether something that began at an instant is young now. What is yet to come is not.
func fresh(at, now time.Time) bool {
	age := now.Sub(at)
	return age >= 0 && age < young
}

var snapshotDate = regexp.MustCompile(`[-@](20\d\d)-?([01]\d)-?([0-3]\d)(?:$|[-@:])`)

// snapshot finds the date in the id of the model that an arm declares, or in that of the same one as it was requested or
// served. A snapshot comes out on its date or later, so a model with a recent one is new.
func snapshot(a content.Arm) (id string, at time.Time, ok bool) {
	name := a.Model[strings.LastIndex(a.Model, "/")+1:]
	for _, id := range slices.Concat([]string{a.Model}, a.ServedModels, a.RequestedModels) {
		rest, same := strings.CutPrefix(id[strings.LastIndex(id, "/")+1:], name)
		if m := snapshotDate.FindStringSubmatch(id); m != nil && same && (rest == "" || strings.ContainsAny(rest[:1], "-@")) {
			if at, err := time.Parse("20060102", m[1]+m[2]+m[3]); err == nil {
				return id, at, true
			}
		}
	}
	return "", time.Time{}, false
}

// firstPrice is the instant from which on the book has a price of a model, at any provider. It is not known where a row
// of it is open towards the past.
func firstPrice(book *price.Book, list *content.ListPrice) (first time.Time, known bool) {
	for _, id := range []string{list.Model, plain(list.Model)} {
		for _, provider := range book.Providers(id) {
			for _, row := range book.Rows(provider, id) {
				if row.From.IsZero() {
					return time.Time{}, false
				}
				if !known || row.From.Before(first) {
					first, known = row.From, true
				}
			}
		}
	}
	return first, known
}

var (
	vendor  = regexp.MustCompile(`^([a-z]+\.)+([a-z])`)
	version = regexp.MustCompile(`-v\d+(:\d+)?$`)
)

// plain is the id of a model as its maker writes it: of "anthropic.claude-opus-4-6-v1" it is "claude-opus-4-6".
func plain(id string) string { return version.ReplaceAllString(vendor.ReplaceAllString(id, "$2"), "") }
