package seed

import (
	"fmt"
	"github.com/pertask/pertask/price/listing"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/usage"
)

// Finding is something that keeps the book from being written: a figure that too few sources support, or a
// quote that disagrees and has not been settled.
type Finding struct {
	Provider, Model, Tier string
	Figure                string // as in a Settlement
	Book, Quote           string // the two figures; Quote is empty when support is missing
	Sources               []string
	Text                  string // what is wrong, for people
}

// String writes the finding for people, in one line.
func (f Finding) String() string {
	text := f.Text
	if f.Quote != "" {
		text = fmt.Sprintf("the book says %s, %s says %s; %s", f.Book, strings.Join(f.Sources, " and "), f.Quote, f.Text)
	}
	return fmt.Sprintf("%s/%s, tier %s, %s: %s", f.Provider, f.Model, f.Tier, f.Figure, text)
}

// checker holds the quotes against the decisions.
type checker struct {
	decisions *Decisions
	models    map[string]*Model // by provider/name
	dates     map[string]string // source -> its date
	findings  []Finding
}

// check compares every quote with every row that it speaks of and notes who supports which figure.
func (d *Decisions) check(models []*Model, sources []Source, quotes []Quote) []Finding {
	c := &checker{decisions: d, models: index(models), dates: map[string]string{}}
	for _, s := range sources {
		c.dates[s.Name] = s.Date
	}
	for i := range d.Settled {
		d.Settled[i].used = map[string]bool{}
	}
	for _, q := range quotes {
		if q.Region != "" {
			continue
		}
		if m := find(c.models, q.Provider, q.Model); m != nil {
			c.quote(m, q)
		}
		for _, provider := range siblings(models, q.Provider) {
			if m := find(c.models, provider, q.Model); m != nil {
				c.quote(m, q)
			}
		}
	}
	for _, m := range models {
		for i := range m.Rows {
			c.support(&m.Rows[i])
		}
	}
	c.unused()
	return c.findings
}

// siblings lists the providers that have rows for which another provider's quotes count.
func siblings(models []*Model, of string) []string {
	seen := map[string]bool{}
	for _, m := range models {
		for i := range m.Rows {
			if m.Rows[i].Like == of {
				seen[m.Provider] = true
			}
		}
	}
	return keys(seen)
}

// index files models under every name that means them.
func index(models []*Model) map[string]*Model {
	out := map[string]*Model{}
	for _, m := range models {
		for _, name := range slices.Concat([]string{m.ID}, m.Aliases, m.KnownAs) {
			out[m.Provider+"/"+name] = m
		}
	}
	return out
}

// find returns the model that a source's name means: a name that is listed, or the id with a date after it.
func find(models map[string]*Model, provider, name string) *Model {
	if m := models[provider+"/"+name]; m != nil {
		return m
	}
	for _, layout := range []string{"-2006-01-02", "-20060102", "@20060102"} {
		cut := len(name) - len(layout)
		if cut <= 0 {
			continue
		}
		if _, err := time.Parse(layout, name[cut:]); err != nil {
			continue
		}
		if m := models[provider+"/"+name[:cut]]; m != nil && m.ID == name[:cut] && m.Snapshots == "date" {
			return m
		}
	}
	return nil
}

// quote compares one quote. One of a single day that falls on a change agrees if either side does.
func (c *checker) quote(m *Model, q Quote) {
	rows := c.meant(m, q)
	for _, r := range rows {
		for _, f := range c.compare(r, q) {
			if q.From+q.Until == "" && len(rows) > 1 && slices.ContainsFunc(rows, func(o *Row) bool { return o != r && o.figure(f.Figure) == f.Quote }) {
				continue
			}
			c.findings = append(c.findings, f)
		}
	}
}

// meant returns the rows of the quote's tier and hours that hold at the time of the quote. What overlaps by a
// day or less is no overlap: a source's dates have no time zone.
func (c *checker) meant(m *Model, q Quote) []*Row {
	const slack = 24 * time.Hour
	at, _ := time.Parse(time.DateOnly, c.dates[q.Source])
	from, _ := instant(q.From)
	until, _ := instant(q.Until)
	single := q.From+q.Until == ""
	if single {
		from, until = at, at.Add(slack)
	} else if until.IsZero() {
		until = at.Add(slack)
	}
	var out []*Row
	for i := range m.Rows {
		r := &m.Rows[i]
		start, end := from, until
		if start.Before(r.from) {
			start = r.from
		}
		if !r.till.IsZero() && r.till.Before(end) {
			end = r.till
		}
		overlap := end.Sub(start) > slack || single && end.After(start)
		sameHours := q.Hours == "" && len(r.hours) == 0 || slices.Contains(r.hours, q.Hours)
		itself := m.Provider == q.Provider || r.Like == q.Provider
		if overlap && sameHours && itself && r.Tier == tierOf(q.Tier) {
			out = append(out, r)
		}
	}
	return out
}

// compare notes what of a quote supports the row and returns what disagrees and is not settled.
func (c *checker) compare(r *Row, q Quote) []Finding {
	var out []Finding
	for _, f := range compareRow(r, q) {
		switch {
		case f.Book == f.Quote:
			r.sources[f.Figure] = append(r.sources[f.Figure], q.Source)
		case !c.overruled(r, q.Source, f.Figure, f.Quote):
			out = append(out, f)
		}
	}
	return out
}

// compareRow puts every figure of a quote beside the row's, whether they agree or not.
func compareRow(r *Row, q Quote) []Finding {
	if r == nil {
		return nil
	}
	var out []Finding
	say := func(figure, quoted string) {
		out = append(out, Finding{Provider: r.model.Provider, Model: r.model.ID, Tier: r.Tier, Figure: figure, Book: r.figure(figure), Quote: quoted,
			Sources: []string{q.Source}, Text: "settle it in decisions.json with a reason, or change the figure there"})
	}
	prefix := ""
	if q.Above > 0 {
		prefix = "long_context."
		switch {
		case r.Long != nil && r.Long.Unpriced:
			say("long_context", "priced")
			return out
		case r.Long != nil:
			say("long_context", fmt.Sprintf("> %d", q.Above))
		}
	}
	for _, class := range usage.Classes() {
		if quoted, ok := q.Rates[class]; ok {
			for _, t := range r.targets(class, prefix != "") {
				say(prefix+string(t), quoted)
			}
		}
	}
	return out
}

// targets are the classes of the row that a source's class means: writing to the cache without a time to live
// is the provider's usual one.
func (r *Row) targets(class usage.Class, long bool) []usage.Class {
	if class != usage.CacheCreation {
		return []usage.Class{class}
	}
	rates := r.Rates
	if long && r.Long != nil {
		rates = r.Long.Rates
	}
	var out []usage.Class
	for _, c := range []usage.Class{usage.CacheCreation, usage.CacheCreation5m, usage.CacheCreation30m} {
		if rates[c] != "" {
			out = append(out, c)
		}
	}
	if out == nil {
		out = []usage.Class{class}
	}
	return out
}

// figure returns what the book says: the rate, what replaces it, or "unknown".
func (r *Row) figure(name string) string {
	class, long := strings.CutPrefix(name, "long_context.")
	rates := r.Rates
	switch {
	case name == "long_context" && r.Long.Unpriced:
		return "unpriced"
	case name == "long_context" && r.Long.Op == "gte":
		return fmt.Sprintf("> %d", r.Long.Threshold-1)
	case name == "long_context":
		return fmt.Sprintf("> %d", r.Long.Threshold)
	case long && r.Long != nil:
		rates = r.Long.Rates
	}
	if v := rates[usage.Class(class)]; v != "" {
		return v
	}
	if slices.Contains(r.Refuse, usage.Class(class)) {
		return "unknown"
	}
	return rates[usage.Input]
}

func (s *Settlement) covers(r *Row) bool {
	return s.Provider == r.model.Provider && slices.Contains(s.Models, r.model.ID) &&
		(len(s.Tiers) == 0 || slices.Contains(s.Tiers, r.Tier)) && (s.From == "" || s.From == r.From)
}

func (c *checker) overruled(r *Row, source, figure, quoted string) bool {
	for i := range c.decisions.Settled {
		s := &c.decisions.Settled[i]
		if s.covers(r) && s.Source == source && s.Overruled[figure] == quoted {
			s.used[r.model.ID+" "+figure] = true
			return true
		}
	}
	return false
}

// figures lists the figures of a row that somebody must support.
func (r *Row) figures() []string {
	var out []string
	for _, c := range usage.Classes() {
		if r.Rates[c] != "" {
			out = append(out, string(c))
		}
	}
	if r.Long == nil || r.Long.Unpriced {
		return out
	}
	out = append(out, "long_context")
	for _, c := range usage.Classes() {
		if r.Long.Rates[c] != "" {
			out = append(out, "long_context."+string(c))
		}
	}
	return out
}

// support refuses figures with too little behind them. A standard price needs one project that says the same,
// any other tier two, because fewer look after those; a settlement replaces what is missing. A figure that is that of
// another tier or provider needs its own quotes of input and output only.
func (c *checker) support(r *Row) {
	for _, figure := range r.figures() {
		families := map[string]bool{}
		for _, s := range r.sources[figure] {
			families[listing.Family(s)] = true
		}
		have, need := len(families), 1
		if r.Tier != standard && r.As == "" && r.model.like == nil {
			need = 2
		}
		if (r.As != "" || r.model.like != nil) && figure != string(usage.Input) && figure != string(usage.Output) {
			need = 0
		}
		if r.model.like != nil && r.From > c.decisions.AsOf {
			need = 0 // announced; nobody quotes it yet
		}
		if have == 0 && need == 0 && r.model.like != nil {
			r.settledBy[figure] = r.model.by
		}
		if have < need && c.settled(r, figure) {
			continue
		}
		if have < need {
			c.findings = append(c.findings, Finding{Provider: r.model.Provider, Model: r.model.ID, Tier: r.Tier, Figure: figure, Book: r.figure(figure),
				Text: fmt.Sprintf("the book says %s (from %q), which %d projects support; %d are needed, or a settlement", r.figure(figure), r.From, have, need)})
		}
	}
}

func (c *checker) settled(r *Row, figure string) bool {
	for i := range c.decisions.Settled {
		s := &c.decisions.Settled[i]
		if s.covers(r) && s.Supported[figure] == r.figure(figure) {
			s.used[r.model.ID+" "+figure] = true
			r.settledBy[figure] = s.By
			return true
		}
	}
	return false
}

// unused reports settlements of what is no longer said: they would hide the next disagreement.
func (c *checker) unused() {
	for _, s := range c.decisions.Settled {
		for _, figures := range []map[string]string{s.Overruled, s.Supported} {
			for _, figure := range keys(figures) {
				for _, id := range s.Models {
					if !s.used[id+" "+figure] {
						c.findings = append(c.findings, Finding{Provider: s.Provider, Model: id, Tier: strings.Join(s.Tiers, ","), Figure: figure,
							Text: fmt.Sprintf("the settlement of %s %s settles nothing; remove it", s.Source+s.By, figures[figure])})
					}
				}
			}
		}
	}
}
