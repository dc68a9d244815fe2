// Package watch words what a watch of the base has found: an issue, a comment on it, and the summary of a job.
//
// It knows what is worth telling, and how it looks in words. It refuses to know how it was found, how our issue is found
// again, and when it is written. All of it is safe for concurrent use.
package watch

import (
	"fmt"
	"strings"
	"time"

	"github.com/pertask/pertask/compare/drift"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
)

// State is how the watch of a suite ended.
type State string

// The states.
const (
	Calm        State = "calm"        // fresh trials agree with stored ones
	Drifted     State = "drifted"     // they differ, and a second set says so too
	Unconfirmed State = "unconfirmed" // they differ, and there was no money for a second set
	Filled      State = "filled"      // there were no stored trials to compare with; some are now
	Unable      State = "unable"      // nothing could be compared
)

// Suite is what the watch of one suite has found.
type Suite struct {
	Name  string
	State State
	Why   string // a sentence, for Unconfirmed, Filled and Unable
	// Finding compares stored trials with those of this watch and the weeks before; Tasks is 0 where nothing was compared.
	Finding   drift.Finding
	Confirmed []drift.Measure
	Second    drift.Finding // of the set that confirmed it
	Prices    []drift.Repricing
	Harness   map[string]string // versions of the agents
	Fresh     int               // trials that were carried out and count
	Spent     price.Amount
}

// Watch is what a watch has found of a repository.
type Watch struct {
	Commit string // of the base, an object id
	Time   time.Time
	Book   string // date of the price book
	URL    string // of where it ran; "" for none
	Suites []Suite
}

// Item is one thing that is worth telling.
type Item struct {
	Key  string // names it in the issue that tells it; later versions have to know it
	Text string // Markdown, one sentence
}

// Items are what is worth telling, in a fixed order.
func (w Watch) Items() []Item {
	var out []Item
	for _, s := range w.Suites {
		add := func(text string, key ...string) {
			out = append(out, Item{Key: strings.Join(append([]string{s.Name}, key...), "/"), Text: "Suite " + markup.Code(s.Name) + ": " + text})
		}
		for _, m := range s.Confirmed {
			add(moved(m, s.Finding), string(m), direction(s.Finding.Of(m)))
		}
		fresh, gone := s.Finding.NewModels()
		if len(fresh) > 0 {
			add("answers now name "+codes(fresh)+was(gone)+".", append([]string{"models"}, fresh...)...)
		}
		for _, r := range s.Prices {
			if r.Ends.IsZero() {
				add("the price of "+sold(r)+" has changed since the stored trials: "+rates(r.Rates)+".", "price", r.Provider, r.Model, r.Tier, plainRates(r.Rates))
			} else {
				add(ending(r, w.Time), "ends", r.Provider, r.Model, r.Tier, r.Ends.UTC().Format(time.DateOnly))
			}
		}
	}
	return out
}

// Agrees reports whether every suite was compared, and nothing is worth telling.
func (w Watch) Agrees() bool {
	for _, s := range w.Suites {
		if s.State != Calm {
			return false
		}
	}
	return len(w.Suites) > 0 && len(w.Items()) == 0
}

// New are the items that were not told yet.
func New(items []Item, told []string) []Item {
	known := map[string]bool{}
	for _, key := range told {
		known[key] = true
	}
	var out []Item
	for _, i := range items {
		if !known[i.Key] {
			out = append(out, i)
		}
	}
	return out
}

func direction(c drift.Change) string {
	if c.Up {
		return "up"
	}
	return "down"
}

// moved says how a measure has moved.
func moved(m drift.Measure, f drift.Finding) string {
	c := f.Of(m)
	if m == drift.Completion {
		return fmt.Sprintf("**%s** of fresh trials of the base complete, %s of the stored ones did (p %s).",
			figure.Percent(figure.Number(c.Fresh)), figure.Percent(figure.Number(c.Stored)), figure.Probability(figure.Number(c.P)))
	}
	s := fmt.Sprintf("a trial of the base costs **%s**, %s when the stored ones were carried out, at the same prices", usd(c.Fresh), usd(c.Stored))
	if change := figure.Change(c.Stored, c.Fresh); change != "" {
		s += " (" + markup.Text(change) + ")"
	}
	return s + fmt.Sprintf(" (p %s).", figure.Probability(figure.Number(c.P)))
}

func was(gone []string) string {
	if len(gone) == 0 {
		return ""
	}
	return ", and no longer " + codes(gone)
}

// mostNames bounds how many names are listed.
const mostNames = 5

func codes(names []string) string {
	var out []string
	for _, n := range names[:min(len(names), mostNames)] {
		out = append(out, markup.Code(n))
	}
	if more := len(names) - mostNames; more > 0 {
		out = append(out, fmt.Sprintf("%d more", more))
	}
	return strings.Join(out, ", ")
}

func sold(r drift.Repricing) string {
	s := markup.Code(r.Model) + " of " + markup.Code(r.Provider)
	if r.Tier != "" {
		s += " in tier " + markup.Code(r.Tier)
	}
	return s
}

func ending(r drift.Repricing, now time.Time) string {
	verb := "ends"
	if r.Ends.Before(now) {
		verb = "was guaranteed until"
	} else {
		verb += " on"
	}
	s := "the price of " + sold(r) + " " + verb + " " + r.Ends.UTC().Format(time.DateOnly)
	if len(r.Rates) == 0 {
		return s + "; the price book does not know what follows."
	}
	return s + ", and then: " + rates(r.Rates) + "."
}

func rates(all []drift.Rate) string {
	var out []string
	for _, r := range all {
		out = append(out, fmt.Sprintf("%s %s to %s", words(string(r.Class)), dollars(r.Before), dollars(r.After)))
	}
	return strings.Join(out, ", ") + " per million tokens"
}

func plainRates(all []drift.Rate) string {
	var out []string
	for _, r := range all {
		out = append(out, string(r.Class)+"="+r.After.String())
	}
	return strings.Join(out, ",")
}

// words is one of our own words with spaces.
func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

func dollars(a price.Amount) string { return money(figure.Rate(a)) }

func usd(f float64) string { return money(figure.USD(figure.Number(f))) }

// money keeps GitHub from taking two amounts for a formula.
func money(s string) string { return markup.Text(s) }
