package seed

import (
	"cmp"
	"encoding/json"
	"github.com/pertask/pertask/price/listing"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/usage"
)

// Kind says how a fresh source differs from the book.
type Kind string

// The kinds.
const (
	Added    Kind = "added"    // a model of a provider in the book that the book does not list
	Changed  Kind = "changed"  // every fresh source that speaks of a figure says the same, and the book another
	Conflict Kind = "conflict" // fresh sources contradict each other
	Gone     Kind = "gone"     // a project that quoted a model of the book does not any more
	Older    Kind = "older"    // no difference: the source is older than what the book's figure was verified by
)

// Change is one difference between the book and fresh sources.
type Change struct {
	Kind            Kind     `json:"kind"`
	Provider        string   `json:"provider"`
	Model           string   `json:"model"` // as in the book; as the source names it when it is added
	Tier            string   `json:"tier,omitempty"`
	Class           string   `json:"class,omitempty"` // the figure, as in a Settlement; empty when the whole model is meant
	Book            string   `json:"book,omitempty"`  // dollars per million tokens, or what stands for them
	Fresh           string   `json:"fresh,omitempty"`
	Sources         []string `json:"sources"`
	GuaranteedUntil string   `json:"guaranteed_until,omitempty"` // of the book's row: a promotion that may have ended

	rates Rates // of a model that is added
}

// Changes are sorted by kind, provider, model, tier and figure, those that are no differences last.
type Changes []Change

// Differences counts the changes that may be something new, which those of an older source are not.
func (c Changes) Differences() int {
	return len(slices.DeleteFunc(slices.Clone(c), func(x Change) bool { return x.Kind == Older }))
}

// Diff compares fresh quotes, such as those of listing.Read, with the decisions and quotes of this release.
func Diff(fresh []Quote) (Changes, error) {
	d, _, old, err := Inputs()
	if err != nil {
		return nil, err
	}
	return Compare(d, old, fresh)
}

// Compare compares fresh quotes with the book that decisions and the old quotes make, as of the book's date or,
// for prices that are announced, as of their first day. What a settlement overrules, by project and figure, is
// no change, and a quote whose date is before the day on which the row was verified is told apart. The decisions are
// used up.
func Compare(d *Decisions, old, fresh []Quote) (Changes, error) {
	models, err := d.expand()
	if err != nil {
		return nil, err
	}
	c := comparer{decisions: d, models: index(models), listed: map[string]bool{}, figures: map[figureKey]map[string][]string{},
		rows: map[figureKey]*Row{}, added: map[string]*Change{}, seen: map[string]bool{}, families: map[string]string{}}
	d.verify(models, old)
	for _, m := range models {
		c.listed[m.Provider] = true
	}
	for _, q := range fresh {
		c.quote(q)
	}
	out := append(c.changes(), c.gone(old)...)
	slices.SortFunc(out, func(a, b Change) int {
		return cmp.Or(cmp.Compare(order(a.Kind), order(b.Kind)), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Model, b.Model),
			cmp.Compare(a.Tier, b.Tier), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Book, b.Book))
	})
	return out, nil
}

// order puts what needs a person's eye first.
func order(k Kind) int { return slices.Index([]Kind{Conflict, Changed, Gone, Added, Older}, k) }

// figureKey is one figure of one row, by sources that are older than it or by others.
type figureKey struct {
	row, figure string
	older       bool
}

// newest stands for a date that is not known: the file was fetched just now.
const newest = "9999-12-31"

// verify notes in every row on which day it was verified: that of the newest old quote that agrees with it.
func (d *Decisions) verify(models []*Model, old []Quote) {
	w := writer{sources: map[string]Source{}, used: map[string]bool{}}
	for _, s := range d.Own {
		w.sources[s.Name] = s
	}
	var sources []Source
	for _, q := range old {
		if _, known := w.sources[q.Source]; !known {
			w.sources[q.Source] = Source{Name: q.Source, Date: q.Date}
			sources = append(sources, w.sources[q.Source])
		}
	}
	d.check(models, sources, old) // for who supports what; the release has no findings
	for _, m := range models {
		for i := range m.Rows {
			_, m.Rows[i].verified = w.provenance(&m.Rows[i])
		}
	}
}

type comparer struct {
	decisions *Decisions
	models    map[string]*Model
	listed    map[string]bool                   // providers in the book
	figures   map[figureKey]map[string][]string // -> what is said -> by whom
	rows      map[figureKey]*Row
	added     map[string]*Change
	seen      map[string]bool   // family and model
	families  map[string]string // family and provider that fresh quotes speak of -> their newest date
}

func (c *comparer) quote(q Quote) {
	date := cmp.Or(q.Date, newest)
	c.families[listing.Family(q.Source)+" "+q.Provider] = max(c.families[listing.Family(q.Source)+" "+q.Provider], date)
	if q.Region != "" || q.Until != "" || !c.listed[q.Provider] {
		return
	}
	m := find(c.models, q.Provider, q.Model)
	if m == nil {
		c.add(q)
		return
	}
	c.seen[listing.Family(q.Source)+" "+m.Provider+"/"+m.ID] = true
	r := current(m, q, max(c.decisions.AsOf, q.From))
	for _, f := range compareRow(r, q) {
		if f.Quote != f.Book && c.settled(r, q.Source, f.Figure, f.Quote) {
			continue
		}
		key := figureKey{r.model.Provider + "/" + r.model.ID + "/" + r.Tier + "/" + r.From + "/" + r.Name, f.Figure, date < r.verified}
		if key.older && f.Quote == f.Book {
			continue
		}
		if c.figures[key] == nil {
			c.figures[key], c.rows[key] = map[string][]string{}, r
		}
		if by := c.figures[key][f.Quote]; !slices.Contains(by, q.Source) {
			c.figures[key][f.Quote] = append(by, q.Source)
		}
	}
}

// add notes a model that the book does not list.
func (c *comparer) add(q Quote) {
	if q.Tier != "" || q.Above > 0 || q.Hours != "" {
		return
	}
	key := q.Provider + "/" + q.Model
	if c.added[key] == nil {
		c.added[key] = &Change{Kind: Added, Provider: q.Provider, Model: q.Model, Tier: standard, Fresh: summary(q.Rates), rates: q.Rates}
	}
	if a := c.added[key]; !slices.Contains(a.Sources, q.Source) {
		a.Sources = append(a.Sources, q.Source)
	}
}

// summary words the rates that decide most bills.
func summary(r Rates) string {
	parts := []string{r[usage.Input] + " in"}
	if v := r[usage.CacheRead]; v != "" {
		parts = append(parts, v+" cached")
	}
	return strings.Join(append(parts, r[usage.Output]+" out"), ", ")
}

// current returns the row of a quote's tier and hours in force on a day.
func current(m *Model, q Quote, day string) *Row {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil
	}
	for i := range m.Rows {
		r := &m.Rows[i]
		sameHours := q.Hours == "" && len(r.hours) == 0 || slices.Contains(r.hours, q.Hours)
		if r.Tier == tierOf(q.Tier) && sameHours && !r.from.After(at) && (r.till.IsZero() || at.Before(r.till)) {
			return r
		}
	}
	return nil
}

// settled reports whether another version of the same project said the same and was overruled.
func (c *comparer) settled(r *Row, source, figure, quoted string) bool {
	return slices.ContainsFunc(c.decisions.Settled, func(s Settlement) bool {
		return s.covers(r) && s.Source != "" && listing.Family(s.Source) == listing.Family(source) && s.Overruled[figure] == quoted
	})
}

// changes lists what differs among the figures that fresh sources speak of.
func (c *comparer) changes() Changes {
	var out Changes
	for key, said := range c.figures {
		r := c.rows[key]
		book := r.figure(key.figure)
		change := Change{Kind: Changed, Provider: r.model.Provider, Model: r.model.ID, Tier: r.Tier, Class: key.figure, Book: book, GuaranteedUntil: r.GuaranteedUntil}
		var fresh []string
		for _, v := range keys(said) {
			slices.Sort(said[v])
			change.Sources = append(change.Sources, said[v]...)
			fresh = append(fresh, v+" ("+strings.Join(said[v], ", ")+")")
		}
		switch {
		case key.older:
			change.Kind, change.Fresh = Older, strings.Join(keys(said), ", ")
		case len(said) > 1:
			change.Kind, change.Fresh = Conflict, strings.Join(fresh, ", ")
		case said[book] != nil:
			continue
		default:
			change.Fresh = keys(said)[0]
		}
		out = append(out, change)
	}
	for _, key := range keys(c.added) {
		slices.Sort(c.added[key].Sources)
		out = append(out, *c.added[key])
	}
	return out
}

// gone lists the models that a project quoted when the book was made and does not quote in a fresh file. A file that is
// older than those quotes may be from before the model.
func (c *comparer) gone(old []Quote) Changes {
	missing := map[string]*Change{}
	for _, q := range old {
		m := find(c.models, q.Provider, q.Model)
		family := listing.Family(q.Source)
		date := c.families[family+" "+q.Provider]
		if m == nil || date == "" || c.seen[family+" "+m.Provider+"/"+m.ID] {
			continue
		}
		kind := Gone
		if date < q.Date {
			kind = Older
		}
		key := m.Provider + "/" + m.ID + " " + string(kind)
		if missing[key] == nil {
			missing[key] = &Change{Kind: kind, Provider: m.Provider, Model: m.ID}
		}
		if g := missing[key]; !slices.Contains(g.Sources, family) {
			g.Sources = append(g.Sources, family)
		}
	}
	var out Changes
	for _, key := range keys(missing) {
		slices.Sort(missing[key].Sources)
		out = append(out, *missing[key])
	}
	return out
}

// Patch returns the changes as JSON to review: models to add to decisions.json in its own form, and what to
// change, settle or look into; what only older sources say is left out. It is a proposal for a person and is never applied by a program.
func Patch(changes Changes) []byte {
	patch := struct {
		Note    string  `json:"note"`
		Models  []Model `json:"models"`
		Changes Changes `json:"changes"`
	}{"A proposal. Give every changed row a \"from\", keep the old row with an \"until\", and settle conflicts with a reason.", []Model{}, Changes{}}
	for _, c := range changes {
		switch c.Kind {
		case Older:
		case Added:
			patch.Models = append(patch.Models, Model{Provider: c.Provider, ID: c.Model, Rows: []Row{{Rates: c.rates}}})
		default:
			patch.Changes = append(patch.Changes, c)
		}
	}
	out, err := json.MarshalIndent(patch, "", "  ")
	if err != nil {
		return nil // strings and maps of strings always encode
	}
	return append(out, '\n')
}
