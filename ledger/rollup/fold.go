package rollup

import (
	"cmp"
	"fmt"
	"time"

	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/price"
)

// pullKey names a pull request.
type pullKey struct {
	repository string
	number     int
}

// group is what is added up of one week, model, repository or label.
type group struct {
	spend, checks Spend
	pulls         map[pullKey]*Spend // what each merged pull request has of it; nil where that is all it has
}

// fold adds entries up.
type fold struct {
	in       Input
	pulls    map[pullKey]*attribute.Pull // those that were merged in the window
	costs    map[pullKey]*Spend
	total    Spend
	known    Spend // attributed
	unknown  Spend // unattributed
	checks   Spend
	reasons  map[attribute.Reason]*Spend
	weeks    map[string]*group
	models   map[string]*group
	repos    map[string]*group
	labels   map[string]*group
	left     map[source]*LeftOut
	missing  map[[3]string]*Missing
	controls []ControlTotal
}

type source struct {
	spend.Source
	spend.Provenance
}

func newFold(in Input) *fold {
	f := &fold{
		in: in, pulls: map[pullKey]*attribute.Pull{}, costs: map[pullKey]*Spend{}, reasons: map[attribute.Reason]*Spend{},
		weeks: map[string]*group{}, models: map[string]*group{}, repos: map[string]*group{}, labels: map[string]*group{},
		left: map[source]*LeftOut{}, missing: map[[3]string]*Missing{}, controls: []ControlTotal{},
	}
	for i := range in.Repositories {
		r := &in.Repositories[i]
		for k := range r.Pulls {
			p := &r.Pulls[k]
			if p.State == attribute.Merged && f.within(p.Merged) {
				f.pulls[pullKey{r.Name, p.Number}] = p
			}
		}
	}
	for _, c := range in.Controls {
		f.controls = append(f.controls, ControlTotal{Control: c})
	}
	return f
}

// within reports whether a time is in the window.
func (f *fold) within(t time.Time) bool { return between(t, f.in.From, f.in.To) }

func between(t, from, to time.Time) bool {
	return (from.IsZero() || !t.Before(from)) && (to.IsZero() || t.Before(to))
}

// session adds the entries of one session and hour.
func (f *fold) session(entries []spend.Entry) {
	counts, left := choose(entries)
	for _, e := range counts {
		f.entry(e)
	}
	if len(left) > 0 {
		f.leave(counts, left)
	}
}

// leave notes what does not count.
func (f *fold) leave(counts, left []spend.Entry) {
	if !f.within(left[0].Hour) {
		return
	}
	var counted int64
	for _, e := range counts {
		counted += tokensOf(e).Total()
	}
	here := map[source]int64{}
	for _, e := range left {
		key := source{e.Source, e.Provenance}
		l := f.left[key]
		if l == nil {
			l = &LeftOut{Source: e.Source, Provenance: e.Provenance}
			f.left[key] = l
		}
		l.Sum = l.Sum.Plus(sumOf(e, f.price(e)))
		here[key] += tokensOf(e).Total()
	}
	for key, tokens := range here {
		l := f.left[key]
		l.Sessions++
		if tokens-counted > counted/20 {
			l.More++
		}
	}
}

// entry adds an entry that counts.
func (f *fold) entry(e spend.Entry) {
	priced := f.price(e)
	sum := sumOf(e, priced)
	for i := range f.controls {
		if c := &f.controls[i]; between(e.Hour, c.From, c.To) && f.samePayee(c.Provider, e.Provider) {
			c.Ledger.add(e.Provenance, sum)
		}
	}
	in := f.within(e.Hour)
	if in && priced.Missing != "" {
		f.lack(e, priced.Missing, sum)
	}
	if e.Source == spend.Check {
		f.check(e, sum, in)
		return
	}
	a := f.in.Attribute(e)
	var merged *attribute.Pull
	key := pullKey{a.Repository, a.Pull}
	if a.Attributed() {
		merged = f.pulls[key]
	}
	if merged != nil {
		into(f.costs, key).add(e.Provenance, sum)
	}
	f.groups(e, a, merged, sum, in)
	if !in {
		return
	}
	f.total.add(e.Provenance, sum)
	if a.Attributed() {
		f.known.add(e.Provenance, sum)
		return
	}
	f.unknown.add(e.Provenance, sum)
	into(f.reasons, a.Reason).add(e.Provenance, sum)
}

func (f *fold) samePayee(asked, provider string) bool {
	b := f.in.Pricing.Book
	return asked == "" || b.Provider(asked) == b.Provider(provider)
}

// check adds what a review's own trials cost.
func (f *fold) check(e spend.Entry, sum Sum, in bool) {
	if !in {
		return
	}
	f.checks.add(e.Provenance, sum)
	f.group(f.weeks, week(e.Hour)).checks.add(e.Provenance, sum)
	f.group(f.repos, e.Repository).checks.add(e.Provenance, sum)
}

// groups adds an entry to its groups.
func (f *fold) groups(e spend.Entry, a attribute.Attribution, merged *attribute.Pull, sum Sum, in bool) {
	add := func(g *group, divided bool) {
		if in {
			g.spend.add(e.Provenance, sum)
		}
		if divided && merged != nil {
			into(g.pulls, pullKey{a.Repository, a.Pull}).add(e.Provenance, sum)
		}
	}
	if !in && merged == nil {
		return
	}
	if in {
		add(f.group(f.weeks, week(e.Hour)), false)
	}
	add(f.group(f.repos, cmp.Or(a.Repository, e.Repository)), false)
	add(f.group(f.models, modelOf(e)), true)
	for _, l := range f.labelsOf(e, merged) {
		add(f.group(f.labels, l), true)
	}
}

// modelOf is the key of a model.
func modelOf(e spend.Entry) string { return e.Provider + "/" + e.Model }

// labelsOf returns the labels of an entry and of its pull request, each once; "" alone where there are none.
func (f *fold) labelsOf(e spend.Entry, merged *attribute.Pull) []string {
	wanted := e.Labels
	if merged != nil {
		wanted = append(wanted[:len(wanted):len(wanted)], merged.Labels...)
	}
	var out []string
	for _, l := range wanted {
		if f.in.Label == nil || f.in.Label(l) {
			out = append(out, l)
		}
	}
	return unique(out)
}

func unique(labels []string) []string {
	if len(labels) == 0 {
		return []string{""}
	}
	var out []string
	seen := map[string]bool{}
	for _, l := range labels {
		if !seen[l] {
			seen[l] = true
			out = append(out, l)
		}
	}
	return out
}

func (f *fold) group(of map[string]*group, key string) *group {
	g := of[key]
	if g == nil {
		g = &group{pulls: map[pullKey]*Spend{}}
		of[key] = g
	}
	return g
}

// into returns the value of a key, and makes one where there is none.
func into[K comparable, V any](m map[K]*V, key K) *V {
	v := m[key]
	if v == nil {
		v = new(V)
		m[key] = v
	}
	return v
}

// lack notes that an entry has no price.
func (f *fold) lack(e spend.Entry, why string, sum Sum) {
	key := [3]string{e.Provider, e.Model, e.Tier}
	m := f.missing[key]
	if m == nil {
		m = &Missing{Provider: e.Provider, Model: e.Model, Tier: e.Tier, Why: why}
		f.missing[key] = m
	}
	m.Entries++
	m.Tokens += sum.Tokens.Total()
}

// week is the key of the ISO week that an hour is in.
func week(t time.Time) string {
	y, w := t.UTC().ISOWeek()
	return fmt.Sprintf("%04d-W%02d", y, w)
}

func (f *fold) price(e spend.Entry) price.Priced { return spend.Value(e, f.in.Pricing) }
